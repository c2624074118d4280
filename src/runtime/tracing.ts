import {
  context,
  createContextKey,
  isSpanContextValid,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import { VERSION } from '../config/version.js';

/** The spans that work which is done for several of them is linked with. */
const SERVED = createContextKey('plinth: whom it serves');

/** Undefined where nobody traces: then nothing is done for it, anywhere. */
export let tracer: Tracer | undefined;

/** Looks whether somebody traces: an SDK that was registered before the service is put together. */
export function findTracer(): void {
  const found = trace.getTracer('plinth', VERSION);
  // A tracer that does nothing gives out ids of nothing but zeros. It is never ended, and so never seen.
  tracer = isSpanContextValid(found.startSpan('start').spanContext()) ? found : undefined;
}

export function contextNow(): Context | undefined {
  return tracer && context.active();
}

/** Runs what is done for all of these together: in the context of the only one, else in none, and linked with each. */
export function inContextOf<T>(served: readonly (Context | undefined)[], work: () => T): T {
  const [first] = served;
  if (served.length === 1) return first ? context.with(first, work) : work();
  const spans = served.map((one) => one && trace.getSpan(one)).filter((span) => span !== undefined);
  return context.with(ROOT_CONTEXT.setValue(SERVED, spans), work);
}

/** Runs what belongs to no request, whoever was the first to need it. */
export function inNoContext<T>(work: () => T): T {
  return tracer ? context.with(ROOT_CONTEXT, work) : work();
}

/** A span of what a request, or several, have asked for; undefined where it is for none: nobody would look for it. */
export function beginSpan(name: string, attributes: Attributes, kind = SpanKind.INTERNAL): Span | undefined {
  const here = context.active();
  const served = here.getValue(SERVED) as readonly Span[] | undefined;
  if (!tracer || (!served?.length && !trace.getSpan(here))) return undefined;
  const links = served?.map((one) => ({ context: one.spanContext() })) ?? [];
  const span = tracer.startSpan(name, { kind, attributes, links }, here);
  served?.forEach((one) => one.addLink({ context: span.spanContext() }));
  return span;
}

export function endSpan(span: Span, error?: string): void {
  if (error !== undefined) span.setAttribute('error.type', error).setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

/** Runs `work` in a span as `beginSpan` makes it. @param nameOf the error that it throws, in a word */
export function inSpan<T>(
  name: string,
  attributes: Attributes,
  nameOf: (error: unknown) => string,
  work: () => Promise<T>,
): Promise<T> {
  const span = tracer && beginSpan(name, attributes);
  return span ? ended(span, context.active().deleteValue(SERVED), nameOf, work) : work();
}

/** As `inSpan`, of what nobody has asked for. */
export function inRootSpan<T>(
  name: string,
  attributes: Attributes,
  nameOf: (error: unknown) => string,
  work: () => Promise<T>,
): Promise<T> {
  return tracer ? ended(tracer.startSpan(name, { attributes }, ROOT_CONTEXT), ROOT_CONTEXT, nameOf, work) : work();
}

async function ended<T>(
  span: Span,
  around: Context,
  nameOf: (error: unknown) => string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    const result = await context.with(trace.setSpan(around, span), work);
    endSpan(span);
    return result;
  } catch (error) {
    endSpan(span, nameOf(error));
    throw error;
  }
}
