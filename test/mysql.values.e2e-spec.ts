import fc from 'fast-check';
import { RowsUpdate } from '../src/rows/rows-update.js';
import type { Row, SqlValue } from '../src/database/session.js';
import { startDatabase, type DatabaseStack } from './support/database-stack.js';
import { engines, freshDatabase, type TestDatabase } from '../src/testing/database.js';

const [, server] = engines();
const whenServer = server === undefined ? describe.skip : describe;
const MEBIBYTE = 2 ** 20;

/** One column of each type, with values that are at an edge of it. */
const COLUMNS: Record<string, SqlValue[]> = {
  TINYINT: [-128, 127, 0],
  'TINYINT UNSIGNED': [255, 128],
  SMALLINT: [-32_768, 32_767],
  'SMALLINT UNSIGNED': [65_535],
  MEDIUMINT: [-8_388_608, 8_388_607],
  'MEDIUMINT UNSIGNED': [16_777_215],
  INT: [-2_147_483_648, 2_147_483_647],
  'INT UNSIGNED': [4_294_967_295],
  BIGINT: ['-9223372036854775808', '9223372036854775807', 2 ** 53 - 1, -(2 ** 53) + 1, '9007199254740993', -1],
  'BIGINT UNSIGNED': ['18446744073709551615', 2 ** 53 - 1, '9007199254740992', 0],
  FLOAT: [1.5, -0.25, 3.4e38],
  DOUBLE: [0.1, -1.7976931348623157e308, 5e-324, 2 ** 60],
  'DECIMAL(30,10)': ['12345678901234567890.0123456789', '-0.0000000001', '0'],
  DATE: ['1000-01-01', '9999-12-31', '2026-02-28'],
  DATETIME: ['2026-11-25 03:04:05', '1000-01-01 00:00:00'],
  'DATETIME(3)': ['2026-11-25 03:04:05.006', '2026-11-25 00:00:00.000', '2026-11-25 03:04:05.000'],
  'DATETIME(6)': ['2026-11-25 03:04:05.000007', '2026-11-25 03:04:05.600000', '2026-11-25 00:00:00.000000'],
  'TIMESTAMP(3)': ['2026-11-25 03:04:05.120', '2026-11-25 03:04:05.000', '1970-01-01 00:00:01.000'],
  TIME: ['-838:59:59', '838:59:59', '25:00:00', '-00:00:01', '00:00:00', '07:08:09'],
  'TIME(3)': ['-100:00:00.001', '23:59:59.990', '00:00:00.500', '00:00:00.000'],
  YEAR: [2026, 1901],
  'CHAR(5)': ['ab', '€€€€€'],
  'VARCHAR(300)': ['', 'x'.repeat(250), 'x'.repeat(251), '𝒳'.repeat(300), 'padded  '],
  MEDIUMTEXT: ['x'.repeat(65_535), 'é'.repeat(65_536), 'null'],
  'VARBINARY(300)': [Buffer.alloc(0), Buffer.from([0, 255, 254, 251]), Buffer.alloc(300, 7)],
  LONGBLOB: [Buffer.alloc(65_536, 200), Buffer.from('text')],
  'BIT(10)': [Buffer.from([3, 255]), Buffer.from([0, 1])],
  "ENUM('one','two')": ['two'],
  "SET('a','b')": ['a,b', ''],
  JSON: ['{"a":[1,null,"é"]}', '"text"', 'null'],
  BOOLEAN: [1, 0],
};

whenServer('values that go to a server and come back', () => {
  let fresh: TestDatabase;
  /** With several statements in one write, and with what mysql2 documents. */
  let piped: DatabaseStack;
  let plain: DatabaseStack;

  beforeAll(async () => {
    fresh = await freshDatabase(server!);
    piped = await startDatabase(fresh.url, { DATABASE_PIPELINE: 'on', DATABASE_POOL: '1' });
    plain = await startDatabase(fresh.url, { DATABASE_PIPELINE: 'off', DATABASE_POOL: '1' });
  });
  /** mysql2 says so when answers come in another order than it counts. */
  const complaints: unknown[] = [];
  const { error } = console;
  beforeEach(() => void Object.assign(console, { error: (...said: unknown[]) => complaints.push(said) }));
  afterEach(() => {
    Object.assign(console, { error });
    expect(complaints).toEqual([]);
    expect([piped, plain].map(({ database }) => database.usage().used)).toEqual([0, 0]);
  });
  afterAll(async () => {
    await piped.close();
    await plain.close();
    await fresh.drop();
  });

  const echo = async (values: SqlValue[]) => {
    // MySQL would take bytes for text of the session's character set.
    const list = values
      .map((value, n) => `${Buffer.isBuffer(value) ? 'CAST(? AS BINARY)' : '?'} AS \`c${n}\``)
      .join(', ');
    // MySQL takes the types of such parameters from the first execution: those of other types are another statement.
    const types = values.map((value) => (Number.isSafeInteger(value) ? 'integer' : typeof value)).join(' ');
    const [row] = await piped.database.query(`SELECT ${list} /* ${types} */`, values);
    return values.map((_value, n) => row![`c${n}`]!);
  };
  /** The values that are to come back: the database has no booleans, and 64-bit integers that are not exact come as text. */
  const expected = (value: SqlValue): SqlValue => {
    if (typeof value === 'boolean') return Number(value);
    if (typeof value !== 'bigint') return value;
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  };

  it('are the same whatever they are', async () => {
    const around = (...middles: number[]) => middles.flatMap((middle) => [middle - 1, middle, middle + 1]);
    const character = fc.constantFrom('a', 'é', '€', '𝒳', '\0', "'", '\\', ' ', '?');
    const text = fc
      .tuple(fc.constantFrom(0, 1, ...around(64, 251, 256, 65_535, 65_536)), character)
      .map(([length, one]) => one.repeat(length));
    const value: fc.Arbitrary<SqlValue> = fc.oneof(
      text,
      fc.string({ unit: 'grapheme', maxLength: 80 }),
      fc.constantFrom(...around(0, 2 ** 31, -(2 ** 31), 2 ** 32, -(2 ** 32), 2 ** 52), 2 ** 53 - 1, -(2 ** 53) + 1),
      fc.maxSafeInteger(),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
      fc.boolean(),
      fc.constant(null),
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    );
    const row = fc.array(value, { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(row, async (values) => expect(await echo(values)).toEqual(values.map(expected))),
      { numRuns: 300 },
    );
  });

  it('are the same where an answer has more columns than a byte counts, and no row', async () => {
    const values = Array.from({ length: 300 }, (_, n) => (n % 3 === 0 ? null : n));
    expect(await echo(values)).toEqual(values);
    expect(await piped.database.query('SELECT 1 AS `x` WHERE ? = 2', [1])).toEqual([]);
  });

  it('are the same when one is longer than a packet, or its row comes in many parts', async () => {
    const limit = async (bytes: SqlValue) => plain.database.query(`SET GLOBAL max_allowed_packet = ${String(bytes)}`);
    const [usual] = await plain.database.query('SELECT @@max_allowed_packet AS `bytes`');
    await limit(64 * MEBIBYTE);
    const big = await startDatabase(fresh.url, { DATABASE_PIPELINE: 'on' });
    try {
      for (const size of [MEBIBYTE, 6 * MEBIBYTE, 16 * MEBIBYTE - 40, 17 * MEBIBYTE, 33 * MEBIBYTE]) {
        const value = Buffer.alloc(size, size % 251);
        const [row] = await big.database.query<{ n: number; v: Buffer; after: string }>(
          'SELECT LENGTH(?) AS `n`, CAST(? AS BINARY) AS `v`, ? AS `after`',
          [value, value.subarray(0, 8 * MEBIBYTE), 'é'],
        );
        expect(row!.n).toBe(size);
        expect(row!.v.equals(value.subarray(0, 8 * MEBIBYTE))).toBe(true);
        expect(row!.after).toBe('é');
        const [whole] = await big.database.query<{ v: string }>("SELECT REPEAT('x', ?) AS `v`, 1 AS `one`", [size]);
        expect(whole!.v.length).toBe(size);
      }
    } finally {
      await big.close();
      await limit(usual!.bytes!);
    }
  });

  it('come back as they are there, and not when the slowest does that was sent with them', async () => {
    const { database } = piped;
    const asked = (sql: string) => database.queryQuick<{ v: number }>({ sql, params: [] });
    let isOver = false;
    const [, good, bad, , slow] = [
      // Goes at once; the others gather meanwhile.
      asked('SELECT 0 AS `v`'),
      asked('SELECT 1 AS `v`'),
      asked('SELECT `v` FROM `nowhere`'),
      // The server gathers answers until they are as long as @@net_buffer_length.
      asked("SELECT REPEAT('x', 100000) AS `v`"),
      asked('SELECT SLEEP(0.5) AS `v`').finally(() => (isOver = true)),
    ];
    expect(await good).toEqual([{ v: 1 }]);
    await expect(bad).rejects.toThrow('nowhere');
    await new Promise(setImmediate);
    expect(isOver).toBe(false);
    expect(await slow).toEqual([{ v: 0 }]);
  });

  it('refuses what is none, and nobody else', async () => {
    for (const wrong of [undefined, {}, new Date(), Symbol('x'), () => 1]) {
      const [bad, good, shared] = await Promise.allSettled([
        piped.database.queryQuick({ sql: 'SELECT ? AS `x`', params: [wrong as SqlValue] }),
        piped.database.queryQuick({ sql: 'SELECT ? AS `x`', params: [1] }),
        piped.database.queryQuick({ sql: 'SELECT ? AS `y`', params: ['é'] }),
      ]);
      expect({ wrong: typeof wrong, status: bad.status }).toEqual({ wrong: typeof wrong, status: 'rejected' });
      expect(good).toEqual({ status: 'fulfilled', value: [{ x: 1 }] });
      expect(shared).toEqual({ status: 'fulfilled', value: [{ y: 'é' }] });
    }
  });

  describe('of columns', () => {
    const types = Object.keys(COLUMNS);
    /** The protocol leaves fractions of a second out that are 0. */
    const shortened = (value: SqlValue) =>
      typeof value === 'string' ? value.replace(/(:\d\d\.\d*?)0+$/, '$1').replace(/(:\d\d)\.$/, '$1') : value;
    const most = Math.max(...Object.values(COLUMNS).map((values) => values.length));

    beforeAll(async () => {
      const columns = types.map((type, n) => `\`c${n}\` ${type} NULL`);
      const charset = 'CHARACTER SET utf8mb4';
      await piped.database.execute(
        `CREATE TABLE \`every_type\` (\`id\` INT PRIMARY KEY, ${columns.join(', ')}) ${charset}`,
      );
      for (const stack of [piped, plain]) {
        for (let n = 0; n <= most; n++) {
          const values = types.map((type) => COLUMNS[type]![n] ?? null);
          const places = values.map(() => ', ?').join('');
          const id = (stack === piped ? 0 : 100) + n;
          await stack.database.execute(`INSERT INTO \`every_type\` VALUES (?${places})`, [id, ...values]);
        }
      }
    });

    it.each([
      ['with several statements in one write', () => piped],
      ["with mysql2's own commands", () => plain],
    ])('are what was stored, written either way, read %s', async (_name, stack) => {
      const rows = await stack().database.query('SELECT * FROM `every_type` ORDER BY `id`');
      expect(rows).toHaveLength(2 * (most + 1));
      for (const [at, row] of rows.entries()) {
        const values = types.map((type) => COLUMNS[type]![at % (most + 1)] ?? null);
        const read = types.map((type, n) => {
          const value = row[`c${n}`]!;
          // As many decimals as the column has; a FLOAT as near as it comes.
          if (type.startsWith('DECIMAL') && value !== null) return String(value).replace(/\.?0+$/, '');
          // MySQL writes a document anew, with other spaces.
          if (type === 'JSON' && value !== null) return JSON.stringify(JSON.parse(String(value)));
          return type === 'FLOAT' && value !== null ? Number(Number(value).toPrecision(6)) : shortened(value);
        });
        expect(read).toEqual(values.map(shortened));
      }
    });

    it('are the same where several rows are updated by one statement, in whatever order their kinds come', async () => {
      const names = types.map((_type, n) => `c${n}`);
      const own = types.map((type, n) => `\`c${n}\` ${type} NULL`).join(', ');
      await piped.database.execute(
        `CREATE TABLE \`together\` (\`id\` VARCHAR(36) PRIMARY KEY, \`version\` INT NOT NULL, \`round\` INT, ${own}) CHARACTER SET utf8mb4`,
      );
      const ids = ['a', 'b', 'c'];
      for (const id of ids)
        await piped.database.execute('INSERT INTO `together` (`id`, `version`) VALUES (?, 1)', [id]);
      const rows = () => plain.database.query('SELECT * FROM `together` ORDER BY `id`');
      const set = names.map((name) => `\`${name}\` = ?`).join(', ');
      const update = new RowsUpdate('together', 'round');
      const rounds = [...Array(2 * most).keys(), 0, most, 1, most];
      for (const [round, shift] of rounds.entries()) {
        const valuesOf = (n: number) => types.map((type) => COLUMNS[type]![(shift + n) % (most + 1)] ?? null);
        for (const [n, id] of ids.entries())
          await plain.database.execute(`UPDATE \`together\` SET ${set} WHERE \`id\` = ?`, [...valuesOf(n), id]);
        const expected = (await rows()).map((row) => ({ ...row, version: round + 2, round }));
        await plain.database.execute(
          `UPDATE \`together\` SET ${set}`,
          types.map(() => null),
        );
        const changed = ids.map((id, n) => ({ id, version: round + 1, values: valuesOf(n) }));
        await piped.database.commit([update.of(names, changed, round)]);
        expect(await rows()).toEqual(expected);
      }
    });

    it('come the same either way, fractions and zeros included', async () => {
      const sql =
        "SELECT *, NOW(6) - NOW(6) AS `a`, TIMESTAMP'2026-01-01 00:00:00' AS `b`, SEC_TO_TIME(0.5) AS `c`, " +
        "1.50 AS `d`, NULL AS `e`, COUNT(*) OVER () AS `f`, CAST(TIME'-01:00:00' AS TIME(6)) AS `g` FROM `every_type`";
      expect(await piped.database.query(sql)).toEqual(await plain.database.query(sql));
    });

    it('come as text from a statement that is sent as text, and are the same', async () => {
      const sql = 'SELECT * FROM `every_type` ORDER BY `id`';
      await plain.database.execute(`CREATE PROCEDURE \`all_types\`() ${sql}`);
      const read = (rows: Row[]) =>
        rows.map((row) =>
          Object.values(row).map((value) =>
            shortened(typeof value === 'number' ? Number(value.toPrecision(6)) : value),
          ),
        );
      const stored = read(await piped.database.query(sql));
      for (const { database } of [piped, plain])
        expect(read(await database.query('CALL `all_types`()'))).toEqual(stored);
    });
  });

  it.each([
    ['with several statements in one write', () => piped],
    ["with mysql2's own commands", () => plain],
  ])('come from statements that a server takes as text only, %s', async (_name, stack) => {
    const { database } = stack();
    await database.execute('DROP TABLE IF EXISTS `texts`');
    await database.execute('CREATE TABLE `texts` (`id` INT PRIMARY KEY) CHARACTER SET utf8mb4');
    const prepared = async () => {
      const [row] = await database.query<{ Value: string }>("SHOW SESSION STATUS LIKE 'Com_stmt_prepare'");
      return Number(row!.Value);
    };
    const before = await prepared();
    await database.transaction((transaction) => transaction.savepoint(() => transaction.execute('SET @`a` = 1')));
    // MariaDB would prepare them.
    expect(await prepared()).toBe(before);
    await database.transaction(async (transaction) => {
      const kept = await transaction.executeEach(
        ['SAVEPOINT `a`', 'INSERT INTO `texts` VALUES (1)', ' savepoint b', 'INSERT INTO `texts` VALUES (2)']
          .concat('ROLLBACK TO SAVEPOINT b', '/* why */ RELEASE SAVEPOINT `a`')
          .map((sql) => ({ sql, params: [] })),
      );
      expect(kept).toEqual([0, 1, 0, 1, 0, 0]);
      expect(await transaction.query("INSERT IGNORE INTO `texts` VALUES (1 + '0')")).toEqual([]);
      expect(await transaction.query('SHOW WARNINGS')).toEqual([expect.objectContaining({ Code: 1062 })]);
      await transaction.execute('HANDLER `texts` OPEN');
      expect(await transaction.query('HANDLER `texts` READ FIRST')).toEqual([{ id: 1 }]);
      await transaction.execute('HANDLER `texts` CLOSE');
    });
    const checked = await database.query('CHECK TABLE `texts`');
    expect(checked).toEqual([expect.objectContaining({ Op: 'check', Msg_text: 'OK' })]);
    for (const sql of ['LOCK TABLES `texts` WRITE', 'UNLOCK TABLES', "XA START 'x'", "XA END 'x'", "XA ROLLBACK 'x'"])
      await database.execute(sql);
    await database.execute('CREATE TRIGGER `tens` BEFORE INSERT ON `texts` FOR EACH ROW SET NEW.`id` = 10 * NEW.`id`');
    await database.execute('INSERT INTO `texts` VALUES (2)');
    await expect(database.execute("SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'mine'")).rejects.toMatchObject({
      code: 'constraint-violated',
      cause: { message: 'mine' },
    });
    expect(await database.query('(SELECT `id` FROM `texts`) ORDER BY 1')).toEqual([{ id: 1 }, { id: 20 }]);
  });

  describe('of a table that changes between two executions of one prepared statement', () => {
    const read = (stack: DatabaseStack) =>
      stack.database.queryQuick({ sql: 'SELECT * FROM `changing` WHERE `id` > ? ORDER BY `id`', params: [0] });

    it('are those of the table as it is', async () => {
      const { database } = plain;
      await database.execute('CREATE TABLE `changing` (`id` INT PRIMARY KEY, `a` VARCHAR(10))');
      await database.execute("INSERT INTO `changing` VALUES (1, '7')");
      const seen: unknown[] = [];
      for (const change of [
        'MODIFY `a` INT',
        'ADD `b` DATETIME(3) DEFAULT NULL FIRST',
        "ADD `c` VARCHAR(20) DEFAULT 'c'",
        'MODIFY `a` BIGINT UNSIGNED AFTER `id`',
        'DROP `c`',
        'DROP `b`',
        'MODIFY `a` VARBINARY(10)',
        'CHANGE `a` `z` DOUBLE',
      ]) {
        seen.push(await read(piped));
        await database.execute(`ALTER TABLE \`changing\` ${change}`);
      }
      seen.push(await read(piped), await read(piped));
      expect(seen).toEqual([
        [{ id: 1, a: '7' }],
        [{ id: 1, a: 7 }],
        [{ b: null, id: 1, a: 7 }],
        [{ b: null, id: 1, a: 7, c: 'c' }],
        [{ b: null, id: 1, a: 7, c: 'c' }],
        [{ b: null, id: 1, a: 7 }],
        [{ id: 1, a: 7 }],
        [{ id: 1, a: Buffer.from('7') }],
        [{ id: 1, z: 7 }],
        [{ id: 1, z: 7 }],
      ]);
    });

    it('and leave those of the reads that were sent with it alone', async () => {
      const { database } = plain;
      const together = () =>
        Promise.all([
          read(piped),
          piped.database.queryQuick({ sql: 'SELECT `id` FROM `changing`', params: [] }),
          read(piped),
          piped.database.queryQuick({ sql: 'SELECT `z`, `id` FROM `changing`', params: [] }),
        ]);
      await together();
      await database.execute('ALTER TABLE `changing` MODIFY `z` VARCHAR(30), ADD `y` INT DEFAULT 3 FIRST');
      const row = { y: 3, id: 1, z: '7' };
      expect(await together()).toEqual([[row], [{ id: 1 }], [row], [{ z: '7', id: 1 }]]);
    });

    it('with names as long as they may be', async () => {
      const names = ['x'.repeat(64), '€'.repeat(64), 'x'.repeat(255)];
      const sql = `SELECT ${names.map((name, n) => `${n} AS \`${name}\``).join(', ')}`;
      const [row] = await piped.database.query(sql);
      expect(row).toEqual(Object.fromEntries(names.map((name, n) => [name, n])));
    });
  });

  describe('by more statements than a connection keeps prepared', () => {
    /** The counts of the one connection. */
    const counted = async () => {
      const rows = await piped.database.query<{ Variable_name: string; Value: string }>(
        "SHOW SESSION STATUS WHERE `Variable_name` IN ('Com_stmt_prepare', 'Com_stmt_close')",
      );
      const values = Object.fromEntries(rows.map(({ Variable_name, Value }) => [Variable_name, Number(Value)]));
      return { prepared: values.Com_stmt_prepare!, closed: values.Com_stmt_close! };
    };

    it('come right, and closes those that were used longest ago', async () => {
      const before = await counted();
      const shape = (n: number) => `SELECT ${n} + ? AS \`sum\``;
      for (let round = 0; round < 2; round++) {
        for (let n = 0; n < 700; n += 7) {
          const some = Array.from({ length: 7 }, (_, more) => n + more);
          const rows = await Promise.all(
            some.map((one) => piped.database.queryQuick({ sql: shape(one), params: [1000] })),
          );
          expect(rows).toEqual(some.map((one) => [{ sum: one + 1000 }]));
          // Used all the time, so never forgotten.
          expect(await piped.database.queryQuick({ sql: 'SELECT ? AS `often`', params: [n] })).toEqual([{ often: n }]);
        }
      }
      const { prepared, closed } = await counted();
      // MySQL prepares one again whose parameter has another type.
      expect([1, 2]).toContain(prepared - before.prepared - 2 * 700);
      expect(closed - before.closed).toBeGreaterThanOrEqual(2 * 700 + 1 - 300);
    });

    it('come right once a statement can be prepared that could not', async () => {
      const read = () => piped.database.queryQuick({ sql: 'SELECT * FROM `late`', params: [] });
      await expect(read()).rejects.toMatchObject({ errno: 1146 });
      await plain.database.execute('CREATE TABLE `late` AS SELECT 1 AS `x`');
      expect(await read()).toEqual([{ x: 1 }]);
    });

    it('come right in a transaction of which one is not understood, and can be sent again', async () => {
      const { database } = piped;
      const statements = [1, 2, 3].map((n) => ({ sql: `DO ${n} + ?`, params: [1] }));
      statements.splice(1, 0, { sql: 'NONSENSE ?', params: [1] });
      for (let round = 0; round < 2; round++) {
        const outcomes = await database.transaction((transaction) => transaction.executeEach(statements));
        expect(outcomes).toEqual([0, { error: expect.objectContaining({ errno: 1064 }) }, 0, 0]);
      }
    });

    it('come right beside shared reads that fail, each with its own error', async () => {
      const { database } = piped;
      for (let round = 0; round < 2; round++) {
        const outcomes = await Promise.allSettled([
          database.queryQuick({ sql: 'SELECT 1 AS `a`', params: [] }),
          database.queryQuick({ sql: 'SELECT `nope`', params: [] }),
          database.queryQuick({ sql: 'SELECT (SELECT 1 UNION SELECT ?) AS `x`', params: [2] }),
          database.queryQuick({ sql: 'SELECT 2 AS `b`', params: [] }),
        ]);
        expect(outcomes).toEqual([
          { status: 'fulfilled', value: [{ a: 1 }] },
          { status: 'rejected', reason: expect.objectContaining({ errno: 1054 }) },
          { status: 'rejected', reason: expect.objectContaining({ errno: 1242 }) },
          { status: 'fulfilled', value: [{ b: 2 }] },
        ]);
      }
    });

    it('gives the first result of a procedure, and nothing of it to the next statement', async () => {
      await plain.database.execute(
        'CREATE PROCEDURE `two_results`() BEGIN SELECT 1 AS `a`; SELECT 2 AS `b`, 3 AS `c`; END',
      );
      const [first, next] = await Promise.all([
        piped.database.queryQuick({ sql: 'CALL `two_results`()', params: [] }),
        piped.database.queryQuick({ sql: 'SELECT 4 AS `d`', params: [] }),
      ]);
      expect({ first, next }).toEqual({ first: [{ a: 1 }], next: [{ d: 4 }] });
    });
  });
});
