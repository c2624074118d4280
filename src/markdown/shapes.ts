import { list, lists, nested } from './lists.js';
import { record } from './record.js';
import { orNull, prose } from './shape.js';
import { table } from './table.js';
import { day, oneOf, orPlaceholder, text } from './word.js';

/** The shapes that the content below a heading of a `MarkdownDocument` may have. */
export const shape = { prose, list, lists, nested, record, table, orNull };
/** How a value is written in an item or a cell. */
export const word = { text, day, oneOf, orPlaceholder };
