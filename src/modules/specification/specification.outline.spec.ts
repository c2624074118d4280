import { readFileSync } from 'node:fs';
import { DomainError } from 'plinth';
import { DOCUMENT } from './specification.outline.js';

const TEMPLATE = readFileSync('test/specification/template.md', 'utf8');

/** Each fault as `line:column code`. */
function faultsOf(text: string): string[] {
  try {
    DOCUMENT.read(text);
    return [];
  } catch (error) {
    return (error as DomainError).errors.map(({ line, column, code }) => `${line}:${column} ${code}`);
  }
}

describe('a document that is no specification', () => {
  it.each<[what: string, from: string, to: string, faults: string[]]>([
    ['nothing is wrong', '', '', []],
    ['no title', '# Technical Specification: [Feature Name]\n', '', ['1:1 wrong-title']],
    ['a title of level 2', '# Technical', '## Technical', ['1:1 wrong-title', '1:1 unknown-heading']],
    ['two titles', '## Overview', '# Technical Specification: x\n\n## Overview', ['3:1 unknown-heading']],
    ['text before the title', '# Technical', 'x\n\n# Technical', ['1:1 unexpected-content']],
    ['text below the title', '\n## Overview', '\nx\n\n## Overview', ['3:1 unexpected-content']],
    [
      'a heading of another level',
      '### Core Components',
      '## Core Components',
      ['32:1 unknown-heading', '53:1 missing-heading'],
    ],
    ['a heading twice', '## Goals', '## Goals\n\n## Goals', ['13:1 duplicate-heading']],
    [
      'a heading out of order',
      '## Goals',
      '## Non-Goals\n\n## Goals',
      ['13:1 misplaced-heading', '18:1 duplicate-heading'],
    ],
    ['a last heading that is missing', '### A3: Cost Analysis\n', '', ['201:1 missing-heading']],
    ['text between two headings', '### System', 'x\n\n### System', ['25:1 unexpected-content']],
    ['no list', '1. [Primary goal]\n', 'x\n\n1. [Primary goal]\n', ['12:1 not-a-list']],
    ['a list in an item', '2. [Secondary goal]', '2. [Secondary goal]\n   - x', ['14:4 unexpected-content']],
    ['no paragraph', '1. [Primary goal]', '1. # x', ['12:4 not-a-paragraph']],
    ['an item without text', '1. [Primary goal]', '1.', ['12:1 not-a-paragraph']],
    ['an item too many', '- **Target Date**', '- x\n- **Target Date**', ['10:1 wrong-items']],
    ['an item too few', '- Throughput: [target throughput]\n', '', ['89:1 wrong-items']],
    ['another item', '- Latency', '- Delay', ['90:1 wrong-item']],
    ['another phase', '[Planning |', '[Planing |', ['7:1 malformed']],
    ['no value', '[Version x.y.z]', '', ['8:1 wrong-item']],
    ['another number of a phase', 'Phase 2', 'Phase 3', ['141:1 wrong-item']],
    ['another title of a list', 'Alert conditions', 'Alerts', ['113:1 wrong-item']],
    ['no measurement', '   - Measurement: [measurement approach]\n', '', ['169:1 wrong-items']],
    ['other columns', '| Risk | Impact |', '| Risk | Effect |', ['152:1 wrong-columns']],
    [
      'a cell too few',
      '| High | Low | [Mitigation 1] |',
      '| High | [Mitigation 1] |',
      ['154:1 wrong-cells', '154:1 malformed', '154:19 malformed'],
    ],
    ['an empty cell', '| [Risk 1] |', '| |', ['154:1 malformed']],
    ['no table', '| Risk | Impact |', '| Risk |', ['152:1 not-a-table']],
    ['code that does not end', '```\n\n### Core', '\n### Core', ['52:1 missing-heading']],
  ])('has faults with their places: %s', (_what, from, to, faults) => {
    expect(TEMPLATE).toContain(from);
    expect(faultsOf(TEMPLATE.replace(from, to))).toEqual(faults);
  });

  it('is refused where it is too long to be read soon', () => {
    expect(() => DOCUMENT.read('x'.repeat(65_537))).toThrow('65536 characters');
  });
});
