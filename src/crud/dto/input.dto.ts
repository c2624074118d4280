import type { Type } from '@nestjs/common';
import { PartialType, PickType } from '@nestjs/mapped-types';
import { READ_ONLY } from '../../http/validation/body.compiler.js';
import { declaredFields } from '../field.decorator.js';
import type { CrudDto } from './crud.dto.js';

type OwnFields<D extends CrudDto> = Omit<D, keyof CrudDto>;
export type CreateInput<D extends CrudDto> = OwnFields<D> & { id?: string };
export type UpdateInput<D extends CrudDto> = Partial<OwnFields<D>>;

/** The body of POST and PUT: every member of `dto` that a client may write, with its rules. */
export function CreateOf<D extends CrudDto>(dto: Type<D>): Type<CreateInput<D>> {
  return pick(dto, (writable) => writable !== false) as unknown as Type<CreateInput<D>>;
}

/** The body of PATCH: the members of `dto` that may be changed, each of them optional. */
export function UpdateOf<D extends CrudDto>(dto: Type<D>): Type<UpdateInput<D>> {
  const picked = pick(dto, (writable) => writable === true);
  const partial = PartialType(picked, { skipNullProperties: false });
  return Object.defineProperty(partial, READ_ONLY, {
    value: (picked as unknown as Record<symbol, unknown>)[READ_ONLY],
  });
}

function pick<D extends CrudDto>(dto: Type<D>, wanted: (writable: boolean | 'create') => boolean): Type<Partial<D>> {
  const [writable, readOnly] = [true, false].map((is) =>
    declaredFields(dto).filter((field) => wanted(field.writable) === is),
  );
  const picked = PickType(dto, writable!.map(({ name }) => name) as (keyof D)[]);
  Object.defineProperty(picked, READ_ONLY, { value: new Set(readOnly!.map(({ name }) => name)) });
  return picked;
}
