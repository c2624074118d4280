import { page } from '../problems/page.js';

/** The facts that `GET /` tells about a service. */
export interface Front {
  readonly name: string;
  readonly version: string;
  readonly commit: string | null;
  /** `ready`, or what keeps it from that. */
  readonly state: string;
  readonly links: Readonly<Record<string, string>>;
  /** Commands for a shell, that work as they are. */
  readonly requests: readonly { readonly what: string; readonly command: string }[];
}

/** For people. */
export function frontPage({ name, version, commit, state, links, requests }: Front): string {
  const escape = (text: string) => page.escape(text);
  const listed = Object.entries(links).map(
    ([what, path]) => `<tr><td><a href="${escape(path)}">${escape(path)}</a></td><td>${escape(what)}</td></tr>`,
  );
  const shown = requests.map(({ what, command }) => `<p>${escape(what)}</p><pre><code>${escape(command)}</code></pre>`);
  const built = commit === null ? '' : `, commit <code>${escape(commit.slice(0, 12))}</code>`;
  return page.html(
    'Start',
    `<h1>${escape(name)} ${escape(version)}</h1><p>State: ${escape(state)}${built}</p>
     <table>${listed.join('')}</table><h2>Three requests</h2>${shown.join('')}`,
  );
}

/**
 * @param origin of the service, as its caller sees it
 * @param module one that has a list
 * @param needsKey whether callers have to say who they are
 */
export function requestsTo(origin: string, module: string, needsKey: boolean): Front['requests'] {
  const key = needsKey ? ' -H "authorization: Bearer $PLINTH_KEY"' : '';
  const url = `${origin}/api/${module}`;
  return [
    { what: 'The five newest:', command: `curl -s${key} '${url}?sort=-created_at&limit=5'` },
    {
      what: 'A page of what was made in this century, and how many that are:',
      command: `curl -s${key} -G '${url}' --data-urlencode "filter=created_at gt '2000-01-01T00:00:00Z'" -d count=true`,
    },
    { what: 'All of it, for a spreadsheet:', command: `curl -s${key} -H 'accept: text/csv' '${url}'` },
  ];
}
