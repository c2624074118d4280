import type { Heading, RootContent } from 'mdast';
import type { Faults } from './faults.js';
import { startOf, type Source } from './source.js';

/** Headings from here on are a part of what stands below the others. */
const FREE_LEVEL = 4;

/** A heading of the first three levels, with what stands below it up to the next. */
export interface Chapter {
  readonly heading: Heading;
  readonly blocks: readonly RootContent[];
}

/** A heading that a document must have. */
export interface Expected {
  readonly level: number;
  readonly heading: string;
}

/** The blocks before the first heading, and all chapters. */
export function chaptersOf({ blocks }: Source): {
  readonly front: readonly RootContent[];
  readonly chapters: Chapter[];
} {
  const starts = blocks.flatMap((block, at) => (block.type === 'heading' && block.depth < FREE_LEVEL ? [at] : []));
  const chapters = starts.map((start, n) => ({
    heading: blocks[start] as Heading,
    blocks: blocks.slice(start + 1, starts[n + 1]),
  }));
  return { front: blocks.slice(0, starts[0]), chapters };
}

/** Finds the chapter of each place. Headings that are unknown, missing, twice there or out of order are faults. */
export function arrange<P extends Expected>(
  places: readonly P[],
  chapters: readonly Chapter[],
  source: Source,
  faults: Faults,
): ReadonlyMap<P, Chapter> {
  const found = new Map<P, Chapter>();
  let furthest = -1;
  for (const chapter of chapters) {
    const { heading } = chapter;
    const text = source.textIn(heading);
    const fault = (code: string, detail: string) => faults.add(startOf(heading), code, `"${text}" ${detail}`);
    const at = places.findIndex((place) => place.heading === text && place.level === heading.depth);
    const place = places[at];
    if (!place) fault('unknown-heading', `is no heading of level ${heading.depth} here`);
    else if (found.has(place)) fault('duplicate-heading', 'is there twice');
    else {
      if (at < furthest) fault('misplaced-heading', `must come before "${places[furthest]!.heading}"`);
      found.set(place, chapter);
      furthest = Math.max(furthest, at);
    }
  }
  places.forEach((place, at) => {
    if (found.has(place)) return;
    const next = places.slice(at).find((one) => found.has(one));
    const where = next ? startOf(found.get(next)!.heading) : source.end;
    faults.add(where, 'missing-heading', `"${'#'.repeat(place.level)} ${place.heading}" is missing`);
  });
  return found;
}
