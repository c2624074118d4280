import type { Response } from 'supertest';
import type { CrudModel } from '../crud/crud.model.js';
import type { Client } from './client.js';

/**
 * Asks for a list as its clients do: by its address, and by the body of a search where that would name personal fields.
 * @param query encoded, as behind the question mark
 */
export function askList(client: Client, model: CrudModel, query: string): Promise<Response> {
  const path = `/api/${model.name}`;
  const parameters = new URLSearchParams(query);
  if (!model.guardsUrls || !namesPersonal(model, parameters)) return client.get(`${path}?${query}`);
  return client.post(`${path}:search`, searchOf(parameters));
}

/** The same query as the body of a search. */
export function searchOf(parameters: URLSearchParams): object {
  const body: Record<string, unknown> = {};
  for (const [name, value] of parameters) {
    if (name === 'limit') body[name] = Number(value);
    else if (name === 'count' || name === 'include_deleted') body[name] = value === 'true';
    else if (name === 'sort' || name === 'fields')
      body[name] = [...((body[name] as string[]) ?? []), ...value.split(',')];
    else body[name] = value;
  }
  return body;
}

function namesPersonal({ fields }: CrudModel, parameters: URLSearchParams): boolean {
  const filter = (parameters.get('filter') ?? '').replaceAll(/'(?:[^']|'')*'/g, '');
  const words = `${parameters.getAll('sort').join()} ${filter}`.match(/[a-z][a-z0-9_]*/g) ?? [];
  return words.some((word) => fields.find(word)?.personal);
}
