/** As `npm run format` would have it; a production install has no prettier, and needs none. */
export async function formatted(file: string, text: string): Promise<string> {
  const prettier = await import('prettier').catch(() => undefined);
  if (!prettier) return text;
  return prettier.format(text, { ...(await prettier.resolveConfig(file)), filepath: file });
}
