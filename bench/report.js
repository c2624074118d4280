// The results as a table on standard output and, with --write, in docs/performance.md with a plot beside it.
import { readFileSync, writeFileSync } from 'node:fs';

const PAGE = 'docs/performance.md';
const PLOT = 'docs/performance.svg';
const COLOURS = {
  bare: '#888888',
  plinth: '#3c9a5f',
  'bare-sqlite': '#bbbbbb',
  embedded: '#8a63b8',
  fastify: '#4c8bb8',
  tutorial: '#c77d2e',
};

export function publish(results, contenders, { write, connections, jobs, smoke, peers }) {
  const besides = (name, { job, connections: n }) =>
    results.find((one) => one.name === name && one.job === job && one.connections === n);
  const lines = results.map((one) => {
    const plinth = besides('plinth', one);
    return [
      one.job,
      one.connections,
      one.name,
      Math.round(one.perSecond),
      one.ratio === undefined ? '' : figure(one.ratio),
      ...(peers ? [plinth ? `${(plinth.perSecond / one.perSecond).toFixed(2)} ×` : ''] : []),
      one.p50.toFixed(3),
      one.p99.toFixed(2),
      Math.round(one.service),
      Math.round(one.database),
      Math.round(one.mib),
    ];
  });
  const head = [
    'job',
    'connections',
    'who',
    'requests/s',
    '× bare',
    ...(peers ? ['plinth is'] : []),
    'p50 ms',
    'p99 ms',
    'service µs',
    'database µs',
    'MiB',
  ];
  const table = markdown(head, lines);
  console.log(`\n${table}`);
  if (!write || smoke || peers) return;
  const starts = markdown(
    ['who', 'first answer', 'memory at rest'],
    contenders.map(({ name, startMs, idleMib }) => [name, `${Math.round(startMs)} ms`, `${Math.round(idleMib)} MiB`]),
  );
  const text = readFileSync(PAGE, 'utf8');
  const [begin, end] = ['<!-- bench:begin -->', '<!-- bench:end -->'];
  const between = `${begin}\n\nMeasured on ${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}.\n\n${starts}\n\n${table}\n\n${end}`;
  writeFileSync(PAGE, text.slice(0, text.indexOf(begin)) + between + text.slice(text.indexOf(end) + end.length));
  const middle = connections.split(',').includes('64') ? 64 : Number(connections.split(',')[0]);
  writeFileSync(
    PLOT,
    plot(
      results,
      contenders.map(({ name }) => name),
      jobs.split(','),
      middle,
    ),
  );
}

/** A ratio; of a small one more than the zeros. */
function figure(ratio) {
  return ratio < 0.095 ? ratio.toPrecision(1) : ratio.toFixed(2);
}

export function markdown(head, lines) {
  const all = [head, ...lines].map((line) => line.map(String));
  const widths = head.map((_, at) => Math.max(...all.map((line) => line[at].length)));
  const row = (line) => `| ${line.map((cell, at) => cell.padEnd(widths[at])).join(' | ')} |`;
  return [row(all[0]), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...all.slice(1).map(row)].join(
    '\n',
  );
}

/** Bars: requests per second relative to the bare program, job by job. */
function plot(results, names, jobs, connections) {
  const [width, left, top, bar, gap] = [720, 100, 40, 16, 22];
  const group = names.length * bar + gap;
  const most = Math.max(2, ...results.filter((one) => one.connections === connections).map(ratioOf));
  const scale = (width - left - 70) / most;
  const bars = jobs.flatMap((job, at) => {
    const y = top + at * group;
    const label = `<text x="${left - 10}" y="${y + (names.length * bar) / 2 + 4}" text-anchor="end">${job}</text>`;
    const own = names.map((name, n) => {
      const one = results.find(
        (result) => result.job === job && result.name === name && result.connections === connections,
      );
      const ratio = one ? ratioOf(one) : 0;
      const place = y + n * bar;
      return `<rect x="${left}" y="${place}" width="${(ratio * scale).toFixed(1)}" height="${bar - 3}" fill="${COLOURS[name]}"/><text x="${(left + ratio * scale + 6).toFixed(1)}" y="${place + 11}">${name} ${ratio.toFixed(2)}</text>`;
    });
    return [label, ...own];
  });
  const height = top + jobs.length * group;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12">
<style>text{fill:#444}@media (prefers-color-scheme:dark){text{fill:#ccc}}</style>
<text x="${left}" y="20" font-size="14">Requests per second relative to the bare program on the same database, ${connections} connections</text>
<line x1="${left + scale}" y1="${top - 6}" x2="${left + scale}" y2="${height - gap + 4}" stroke="#888888" stroke-dasharray="3 3"/>
${bars.join('\n')}
</svg>
`;
}

function ratioOf({ ratio = 0 }) {
  return ratio;
}
