import { once } from 'node:events';
import { connect, createServer, Socket, type AddressInfo, type Server } from 'node:net';

/** Looks at what goes by on a line, and says whether it goes on. */
export type Gate = (chunk: Buffer, line: object) => boolean;

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
}

/** A line that can be slow, silent or cut, for connections that are open and for new ones; as a service has to its database. */
export class TcpProxy {
  delayMs = 0;
  /** Takes everything and passes nothing on, in either direction. */
  isSilent = false;
  /** Asked about each chunk that is sent to the server, or comes from it; what does not go on ends its connection. */
  onSent: Gate = () => true;
  onAnswer: Gate = () => true;
  private readonly pairs = new Set<Pair>();
  private opened = 0;

  private constructor(
    private readonly server: Server,
    /** The ports that are led to in turn, without those where nobody listens; they may change, as a name's addresses do. */
    public targets: readonly number[],
  ) {
    server.on('connection', (near) => void this.open(near));
  }

  static async to(...targets: number[]): Promise<TcpProxy> {
    const server = createServer({ noDelay: true });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new TcpProxy(server, targets);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Cuts what is open. @returns how many that were */
  reset(): number {
    const count = this.pairs.size;
    for (const { near, far } of this.pairs) {
      near.resetAndDestroy();
      far.destroy();
    }
    return count;
  }

  /** As it was at first: connections that were held silent have lost bytes, and end. */
  heal(): void {
    if (this.isSilent) this.reset();
    this.isSilent = false;
    this.delayMs = 0;
    this.onSent = this.onAnswer = () => true;
  }

  async close(): Promise<void> {
    this.reset();
    this.server.close();
    await once(this.server, 'close');
  }

  private async open(near: Socket): Promise<void> {
    near.on('error', () => undefined);
    const far = await this.reach();
    if (!far || near.destroyed) return void near.resetAndDestroy();
    const pair = { near, far };
    this.pairs.add(pair);
    near.on('close', () => {
      this.pairs.delete(pair);
      far.destroy();
    });
    far.on('close', () => near.destroySoon());
    near.on('data', (chunk: Buffer) => this.pass(chunk, pair, far, this.onSent));
    far.on('data', (chunk: Buffer) => this.pass(chunk, pair, near, this.onAnswer));
  }

  private async reach(): Promise<Socket | undefined> {
    if (this.isSilent) return new Socket();
    const first = this.opened++;
    for (let n = 0; n < this.targets.length; n++) {
      const port = this.targets[(first + n) % this.targets.length]!;
      const far = connect({ port, host: '127.0.0.1', noDelay: true });
      far.on('error', () => undefined);
      const isOpen = await once(far, 'connect').then(
        () => true,
        () => false,
      );
      if (isOpen) return far;
    }
    return undefined;
  }

  private pass(chunk: Buffer, pair: Pair, to: Socket, goesOn: Gate): void {
    if (this.isSilent) return;
    if (!goesOn(chunk, pair)) {
      pair.near.resetAndDestroy();
      pair.far.destroy();
      return;
    }
    if (this.delayMs === 0) to.write(chunk);
    else setTimeout(() => to.destroyed || to.write(chunk), this.delayMs);
  }
}
