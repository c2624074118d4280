export interface ProblemType {
  readonly status: number;
  readonly title: string;
  /** Explains what happened and what to do about it, for the page behind `type`. */
  readonly explanation: string;
}

const RETRY = 'Nothing was changed. Wait as long as Retry-After says and send the request again.';

/** Every stable code. Its page is `/problems/{code}`, its entry in docs/errors.md is made from here. */
const CATALOGUE = new Map<string, ProblemType>(
  Object.entries({
    'invalid-request-target': {
      status: 400,
      title: 'The URL is malformed',
      explanation:
        'The target is no path, has a fragment (`#`), a percent sign in it is not followed by two hexadecimal digits, or the bytes it stands for are not UTF-8. Encode the path as RFC 3986 says.',
    },
    'malformed-http': {
      status: 400,
      title: 'Not a valid HTTP request',
      explanation:
        'The request line, a header or the framing of the body breaks the rules of HTTP/1.1. The connection was closed. This is a fault of the client library or of something between it and the service.',
    },
    'bad-request': {
      status: 400,
      title: 'The request is not valid',
      explanation:
        'A module refuses the request as it is; `detail`, and `errors` where there are several faults, say why.',
    },
    'invalid-parameter': {
      status: 400,
      title: 'A parameter is not valid',
      explanation:
        'Each entry of `errors` names a query parameter or header and says what it should be. Correct them and send the request again.',
    },
    'unknown-parameter': {
      status: 400,
      title: 'There is no such parameter',
      explanation:
        'The route does not have a query parameter that the request gives. Unknown parameters are refused, because a misspelt one would otherwise be ignored silently. The reference at /docs lists those of each route.',
    },
    'invalid-cursor': {
      status: 400,
      title: 'The cursor is not valid here',
      explanation:
        'A cursor is opaque and belongs to the query that gave it out: the same filter, sort, fields and include_deleted. Take it from `page.next_cursor` as it is, change nothing but `limit`, or begin again without one.',
    },
    'invalid-filter': {
      status: 400,
      title: 'The filter is not valid',
      explanation:
        "`errors` says at which character (`position`, from 0) what was expected. Example: `filter=name eq 'Map room' and not (created_at lt '2026-01-01T00:00:00Z')`. Which fields and operators a module has is in the reference at /docs.",
    },
    'invalid-json': {
      status: 400,
      title: 'The body is not valid JSON',
      explanation: 'The body has to be one JSON text in UTF-8, in which no object has two members of the same name.',
    },
    'json-too-deep': {
      status: 400,
      title: 'The body is nested too deeply',
      explanation: 'Arrays and objects may be nested 32 levels deep.',
    },
    unauthenticated: {
      status: 401,
      title: 'Who are you?',
      explanation:
        'The request has no credentials, or they are not valid (any more). WWW-Authenticate says which kind is taken.',
    },
    forbidden: {
      status: 403,
      title: 'You may not do that',
      explanation:
        'The credentials are valid, but lack the scope that the route needs (WWW-Authenticate names it), or the request would make something that the caller may not have: a row out of their sight, a key that can do more than they can or works longer. A key that was rotated manages no keys.',
    },
    'cross-site-request': {
      status: 403,
      title: 'A page of another site may not do that',
      explanation:
        'Without authentication the service takes changes from programs and from its own pages. A browser sent this one for a page of another origin. Its operators can let that origin in (`CORS_ORIGINS`), or configure authentication (`AUTH`).',
    },
    'not-found': {
      status: 404,
      title: 'There is no such row',
      explanation:
        'No row has this id, or it was deleted. Ids are compared exactly, to the case. A deleted row comes back with `POST …/{id}:restore`.',
    },
    'route-not-found': {
      status: 404,
      title: 'There is nothing at this path',
      explanation: 'No route has this path. The reference at /docs lists them all; paths have no trailing slash.',
    },
    'method-not-allowed': {
      status: 405,
      title: 'The path does not take this method',
      explanation: 'The Allow header lists the methods that the path takes.',
    },
    'not-acceptable': {
      status: 406,
      title: 'None of the accepted types can be given',
      explanation:
        'Accept names no type that the route can answer with. Routes have application/json, lists also application/x-ndjson and text/csv; `:watch` has text/event-stream alone.',
    },
    'request-timeout': {
      status: 408,
      title: 'The request took too long to arrive',
      explanation:
        'Headers or body did not arrive in time, and the connection was closed. Nothing was changed. Send the request again.',
    },
    conflict: {
      status: 409,
      title: 'The row is not in a state for that',
      explanation: 'The detail says which state stands in the way.',
    },
    'already-exists': {
      status: 409,
      title: 'There is one already',
      explanation:
        'A member has to be unique, and another row has the same value. `errors` names the member, unless you may not read it. A deleted row counts, because it could be restored: where you may see it, the detail says so and gives its `:restore`; `PUT` on a deleted id begins a new life of the row.',
    },
    'reference-violated': {
      status: 409,
      title: 'A reference would lead to nothing',
      explanation:
        'The change names a row that is not there, or takes one away that others refer to. Make the row first, or remove what refers to it.',
    },
    'not-deleted': { status: 409, title: 'The row is not deleted', explanation: 'Only a deleted row can be restored.' },
    'idempotency-in-flight': {
      status: 409,
      title: 'The first request is still under way',
      explanation:
        "A request with the same Idempotency-Key is being worked on. Wait as long as Retry-After says and send it again: the answer will be the first one's.",
    },
    'position-expired': {
      status: 410,
      title: 'The position is no longer kept',
      explanation:
        'The change feed goes back a limited time. Read the rows anew (`initial=true`), then watch from there.',
    },
    'no-subjects': {
      status: 409,
      title: 'The service knows nothing of anybody',
      explanation:
        'None of its resources says whose personal data its rows have, so nothing can be given out or erased. Give their members or classes `@Subject()`.',
    },
    'result-not-ready': {
      status: 409,
      title: 'There is no result to be fetched',
      explanation:
        'The export of personal data is still under way, or has failed, or the operation is no export. Read `/api/privacy/operation/{id}` until its `state` is `done`.',
    },
    'result-gone': {
      status: 410,
      title: 'The result is no longer there',
      explanation:
        'An export of personal data is given out once, within an hour. Ask for another one (`POST /api/privacy/export`).',
    },
    gone: {
      status: 410,
      title: 'It is no longer there',
      explanation: 'A module says that what the request is about is gone for good; `detail` says more.',
    },
    'precondition-failed': {
      status: 412,
      title: 'The row has changed',
      explanation:
        "The entity tag in If-Match is not the row's any more, or If-None-Match met a row. Nothing was changed. Read the row, look at what changed, and try again with its new ETag.",
    },
    'weak-entity-tag': {
      status: 412,
      title: 'The entity tag is not the one that the service gave out',
      explanation:
        'If-Match takes strong entity tags alone (RFC 9110 section 13.1.1). Something between you and the service, most likely a proxy that compresses, has made this one weak (`W/"…"`) or marked it (`"…-gzip"`). Reading the row again does not help. The operators can leave the API out of the compression (nginx: `gzip off`), or let the service take such tags from their proxies (`HTTP_WEAK_ETAGS`). Nothing was changed.',
    },
    'content-too-large': {
      status: 413,
      title: 'The body is too large',
      explanation:
        'A body may have 1 MiB unless the operator has set another limit. Split the work into several requests.',
    },
    'expectation-failed': {
      status: 417,
      title: 'The expectation is unknown',
      explanation: 'Expect has one value, 100-continue. Send the request without another one.',
    },
    'misdirected-request': {
      status: 421,
      title: 'The service does not answer to this name',
      explanation:
        'Without authentication the service is only for programs on its own machine, and answers to localhost, 127.0.0.1 and [::1]. Its operators have to configure authentication (`AUTH`) before it can be reached under other names.',
    },
    'uri-too-long': { status: 414, title: 'The URL is too long', explanation: 'A URL may have 8 KiB.' },
    'unsupported-media-type': {
      status: 415,
      title: "The body's type is not taken here",
      explanation:
        'Bodies are application/json in UTF-8 without Content-Encoding; PATCH also takes application/merge-patch+json (see Accept-Patch).',
    },
    'validation-failed': {
      status: 422,
      title: 'The body is not valid',
      explanation:
        '`errors` has one entry for each fault, all of them at once, with a JSON pointer to the member. Unknown and read-only members are faults too: nothing is dropped silently.',
    },
    'unprocessable-content': {
      status: 422,
      title: 'The content can not be processed',
      explanation:
        'A module refuses what the body says; `detail`, and `errors` where there are several faults, say why.',
    },
    'value-out-of-range': {
      status: 422,
      title: 'A value does not fit',
      explanation: 'A value is larger or longer than what the database keeps for it.',
    },
    'constraint-violated': {
      status: 422,
      title: 'The change breaks a rule of the database',
      explanation:
        'The database has a rule for these rows which the change does not keep: a value that is missing, or one that does not go with the others. Compare the request with what the reference at /docs says of the module, or ask who keeps it.',
    },
    'answer-too-large': {
      status: 422,
      title: 'The answer would be too large',
      explanation:
        'The operations of a batch before this one have filled its answer (`PAGE_BYTES`): send those from it on in another batch. The answer to a request with an Idempotency-Key is kept, and can have 16 MiB: send it with `Prefer: return=minimal`. Nothing of what was refused has happened.',
    },
    'idempotency-key-reused': {
      status: 422,
      title: 'The Idempotency-Key belongs to another request',
      explanation:
        'A key stands for one request: method, path, query, media type, conditions and body (not Accept and Prefer: the first answer is given as it was). Use a new key for a new request.',
    },
    'precondition-required': {
      status: 428,
      title: 'A condition is needed',
      explanation: "The route only takes conditional requests. Send If-Match with the row's ETag.",
    },
    'rate-limited': { status: 429, title: 'Too many requests', explanation: 'Wait as long as Retry-After says.' },
    'storage-budget-spent': {
      status: 429,
      title: 'Enough was stored today',
      explanation:
        'Each change leaves a record, and each Idempotency-Key an answer. How many of these, and how many bytes, a caller may cause in a day (UTC) is limited; `detail` names the budget that is used up. Nothing was changed. Reading goes on, and so do answers to requests that are repeated with their key. Write again when Retry-After is over, or ask the operators for more (`STORAGE_BYTES_PER_CALLER`, `STORAGE_RECORDS_PER_CALLER`).',
    },
    'headers-too-large': {
      status: 431,
      title: 'The headers are too large',
      explanation: 'Headers may have 16 KiB and be 100 at most.',
    },
    'client-error': {
      status: 400,
      title: 'The request was refused',
      explanation: 'A module refuses the request with a status that has no code of its own; `detail` says why.',
    },
    'internal-error': {
      status: 500,
      title: 'Something went wrong here',
      explanation: "The fault is the service's. Tell its operators the `trace_id`: the log has the rest.",
    },
    'method-not-implemented': {
      status: 501,
      title: 'The method is unknown',
      explanation: 'The service knows GET, HEAD, POST, PUT, PATCH, DELETE and OPTIONS.',
    },
    'transfer-coding-not-implemented': {
      status: 501,
      title: 'The transfer coding is unknown',
      explanation:
        'Transfer-Encoding may be `chunked` and nothing else, once. The connection was closed. Send the body without a further coding.',
    },
    'server-error': {
      status: 500,
      title: 'The service can not do this',
      explanation:
        'A module failed with a status that has no code of its own. Tell the operators the `trace_id`: the log has the rest.',
    },
    'bad-gateway': {
      status: 502,
      title: 'Another service failed',
      explanation: 'A service that a module asks gave no good answer. Send the request again later.',
    },
    'service-unavailable': {
      status: 503,
      title: 'Not available at the moment',
      explanation: 'A module can not do its work at the moment. Send the request again later.',
    },
    overloaded: {
      status: 503,
      title: 'Too much to do',
      explanation: `${RETRY} \`detail\` names the budget that all callers share, where it is one: streams, exports, memory for large bodies and answers.`,
    },
    'issuer-unavailable': {
      status: 503,
      title: 'Tokens can not be checked',
      explanation: `The issuer of the tokens could not be asked for its keys. ${RETRY}`,
    },
    'shutting-down': { status: 503, title: 'The process is being stopped', explanation: RETRY },
    'database-unavailable': { status: 503, title: 'The database can not be reached', explanation: RETRY },
    'database-busy': { status: 503, title: 'The database is busy', explanation: RETRY },
    'query-too-costly': {
      status: 503,
      title: 'The list would take too long',
      explanation:
        'The database had to look at too many rows for the filter, the count or the sort, and was stopped. Nothing was changed. The same request would be stopped again, unless the database has more time then: make the filter narrower (`eq`, `in`, `startswith`, or a range, of a field that can be sorted by), sort by one field, or leave `count` out. Operators can give such lists more time (`DATABASE_COSTLY_MS`).',
    },
    'database-timeout': { status: 503, title: 'The database took too long', explanation: RETRY },
    'read-only': {
      status: 503,
      title: 'No changes at the moment',
      explanation: `The database takes no changes now; reading works. ${RETRY}`,
    },
    'commit-outcome-unknown': {
      status: 503,
      title: 'It may have happened, or not',
      explanation:
        'The connection to the database was lost while the change was being committed. With an Idempotency-Key send the same request again: you get the first answer, or the change is made now. Without one, read the row first.',
    },
    'gateway-timeout': {
      status: 504,
      title: 'Another service took too long',
      explanation: 'A service that a module asks did not answer in time. Send the request again later.',
    },
    'http-version-not-supported': {
      status: 505,
      title: 'This version of HTTP is not spoken here',
      explanation:
        'The service speaks HTTP/1.1 (and 1.0). Set the client, or the proxy in front of the service, to that.',
    },
    'storage-full': {
      status: 507,
      title: 'No space left',
      explanation: 'The database has no space left. Nothing was changed. The operators have to make room.',
    },
  } satisfies Record<string, ProblemType>),
);

export function problemType(code: string): ProblemType | undefined {
  return CATALOGUE.get(code);
}

/** Adds a module's own. */
export function declareProblem(code: string, type: ProblemType): void {
  CATALOGUE.set(code, type);
}

export function problemTypes(): ReadonlyMap<string, ProblemType> {
  return CATALOGUE;
}
