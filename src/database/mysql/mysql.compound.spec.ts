import { LOCK_WAIT_S } from '../waiting.js';
import { asOneStatement } from './mysql.compound.js';

describe('asOneStatement', () => {
  const insert = { sql: 'INSERT INTO `a` VALUES (?)', params: [1] };
  const record = { sql: 'INSERT INTO `log` VALUES (?, ?)', params: ['x', 'y'] };

  it('has the statements and their parameters, in their order', () => {
    const { sql, params } = asOneStatement([insert, record], LOCK_WAIT_S);
    expect(sql).toContain(`START TRANSACTION; ${insert.sql}; ${record.sql}; COMMIT; END`);
    expect(params).toEqual([1, 'x', 'y']);
    expect(asOneStatement([insert, record], LOCK_WAIT_S)).toEqual({ sql, params });
    const prefix = 'SET STATEMENT innodb_lock_wait_timeout = 0, lock_wait_timeout = 0 FOR ';
    for (let n = 0; n < 2; n++) expect(asOneStatement([insert, record], 0)).toEqual({ sql: prefix + sql, params });
  });

  it('is another text where anything but the parameters is different', () => {
    const kinds = [
      [insert],
      [insert, record],
      [insert, { ...record, mustMatch: 1 }],
      [insert, { ...record, mustMatch: 2 }],
      [{ ...insert, mustMatch: 1 }, record],
      [insert, insert],
    ];
    const texts = [...kinds, ...kinds].map((writes) => asOneStatement(writes, LOCK_WAIT_S).sql);
    expect(new Set(texts).size).toBe(kinds.length);
    expect(texts.slice(kinds.length)).toEqual(texts.slice(0, kinds.length));
    for (const [n, text] of texts.entries())
      expect(text.match(/THEN SIGNAL/g)?.length ?? 0).toBe(
        kinds[n % kinds.length]!.filter((w) => 'mustMatch' in w).length,
      );
  });
});
