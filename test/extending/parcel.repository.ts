import { Injectable } from '@nestjs/common';
import { CrudRepository, Database, EVERY_ROW, rowWhere, type Caller, type RowRule } from 'plinth';
import { Parcel } from './parcel.entity.js';

@Injectable()
export class ParcelRepository extends CrudRepository<Parcel> {
  constructor(database: Database) {
    super(database, Parcel);
  }

  // #region rows
  protected override rowRule(caller: Caller): RowRule {
    if (caller.can('parcel:all')) return EVERY_ROW;
    return rowWhere('tenant', 'eq', caller.claims.tenant);
  }
  // #endregion

  // #region sql
  async weights(least: number): Promise<{ tenant: string; grams: number }[]> {
    const sql =
      'SELECT `tenant`, SUM(`weight`) AS `grams` FROM `parcel` WHERE `deleted_at` IS NULL GROUP BY `tenant` HAVING SUM(`weight`) >= ? ORDER BY `tenant`';
    const rows = await this.database.query<{ tenant: string; grams: string | number }>(sql, [least]);
    return rows.map(({ tenant, grams }) => ({ tenant, grams: Number(grams) }));
  }
  // #endregion
}
