import request, { type Response } from 'supertest';

declare global {
  /** Read by the environment, which shows it where a test fails. */
  var lastAnswer: Response | undefined;
}

export interface Ask {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Method = 'get' | 'head' | 'post' | 'put' | 'patch' | 'delete' | 'options';

export interface ClientOptions {
  /** Speaks HTTP/2, which the service does not: a proxy before it may. */
  readonly http2?: boolean;
}

/** A REST consumer of one service. */
export class Client {
  constructor(
    private readonly origin: string,
    private readonly key?: string,
    private readonly options: ClientOptions = {},
  ) {}

  /** The same consumer with other credentials, or with none. */
  as(key?: string): Client {
    return new Client(this.origin, key, this.options);
  }

  send(method: Method, path: string, { body, headers = {} }: Ask = {}): Promise<Response> {
    let call = request(this.origin, this.options)[method](path).redirects(0).set(headers);
    if (this.key !== undefined && headers.authorization === undefined)
      call = call.set('authorization', `Bearer ${this.key}`);
    if (body !== undefined) {
      const given = Object.keys(headers).some((name) => name.toLowerCase() === 'content-type');
      if (!given) call = call.set('content-type', 'application/json');
      call = call.send(typeof body === 'string' ? body : JSON.stringify(body));
    }
    return call.then((response) => (globalThis.lastAnswer = response));
  }

  get = (path: string, headers?: Record<string, string>): Promise<Response> =>
    this.send('get', path, headers ? { headers } : {});
  post = (path: string, body?: unknown, headers?: Record<string, string>): Promise<Response> =>
    this.send('post', path, { body, ...(headers && { headers }) });
  put = (path: string, body: unknown, headers?: Record<string, string>): Promise<Response> =>
    this.send('put', path, { body, ...(headers && { headers }) });
  patch = (path: string, body: unknown, headers?: Record<string, string>): Promise<Response> =>
    this.send('patch', path, { body, ...(headers && { headers }) });
  delete = (path: string, headers?: Record<string, string>): Promise<Response> =>
    this.send('delete', path, headers ? { headers } : {});
}

/** The problem of an answer, after a look at what every problem has in common. */
export function problemOf(
  response: Response,
  status: number,
  code: string,
): { errors: Record<string, unknown>[]; detail: string } {
  const body = response.body as Record<string, unknown>;
  expect({ status: response.status, code: body.code }).toEqual({ status, code });
  expect(response.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(response.headers['cache-control']).toBe('no-store');
  expect(body).toMatchObject({
    type: `/problems/${code}`,
    status,
    title: expect.any(String),
    detail: expect.any(String),
  });
  expect(body.trace_id).toMatch(/^[0-9a-f]{32}$/);
  expect(JSON.stringify(body)).not.toMatch(/SELECT|INSERT|sqlite|mariadb|mysql|node_modules|\.ts:|127\.0\.0\.1/i);
  return { errors: (body.errors ?? []) as Record<string, unknown>[], detail: body.detail as string };
}
