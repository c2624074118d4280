import proxyAddr from '@fastify/proxy-addr';

/** Whether an address is one of the proxies that are named; the position is the one in X-Forwarded-For, from the end. */
export type Trust = (address: string, position: number) => boolean;

/** @param proxies addresses, networks, and names of networks, as `TRUST_PROXY` takes them */
export function trustOf(proxies: readonly string[]): Trust {
  return proxyAddr.compile([...proxies]);
}
