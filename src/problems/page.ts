import { createHash } from 'node:crypto';

const STYLE = `:root{color-scheme:light dark}body{font:1rem/1.6 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem}
code{font-size:.95em}table{border-collapse:collapse;width:100%}td{padding:.3rem .8rem .3rem 0;vertical-align:top}a{color:inherit}`;

/** Small pages for people, without a script or an asset of another host. */
export const page = {
  policy: `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; frame-ancestors 'none'`,

  html(title: string, body: string): string {
    return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title} · Plinth</title><style>${STYLE}</style></head><body>${body}</body></html>`;
  },

  escape(text: string): string {
    return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
  },
};
