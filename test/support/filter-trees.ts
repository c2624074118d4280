import fc from 'fast-check';

export type Tree<Leaf> =
  | Leaf
  | { readonly kind: 'and' | 'or'; readonly nodes: readonly Tree<Leaf>[] }
  | { readonly kind: 'not'; readonly node: Tree<Leaf> };

/** Filters with `leaf` for predicates, up to three deep. */
export function treeOf<Leaf>(leaf: fc.Arbitrary<Leaf>): fc.Arbitrary<Tree<Leaf>> {
  return fc.letrec<{ node: Tree<Leaf> }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      leaf,
      fc.record({
        kind: fc.constantFrom('and' as const, 'or' as const),
        nodes: fc.array(tie('node'), { minLength: 2, maxLength: 3 }),
      }),
      fc.record({ kind: fc.constant('not' as const), node: tie('node') }),
    ),
  })).node;
}
