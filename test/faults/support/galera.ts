import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, mariadbBinary, ThrowAwayServer } from '../../../src/testing/mariadb.js';

const PROVIDER = '/usr/lib/galera/libgalera_smm.so';
/** Who is silent for so long is no longer waited for. */
const EVICTION = 'evs.keepalive_period=PT0.5S;evs.suspect_timeout=PT2S;evs.inactive_timeout=PT4S';

export const hasGalera = mariadbBinary() !== undefined && existsSync(PROVIDER) && existsSync('/usr/bin/rsync');

/** Nodes that are one database, on the loopback interface. All but the second may be killed and started again. */
export class Galera {
  private constructor(readonly nodes: readonly ThrowAwayServer[]) {}

  static async start(count: number): Promise<Galera> {
    const nodes: ThrowAwayServer[] = [];
    try {
      await join(nodes, count);
    } catch (error) {
      await Promise.all(nodes.map((node) => node.stop()));
      throw error;
    }
    // The one that began it is the second: started once more it would begin another.
    const [first, second, ...rest] = nodes as [ThrowAwayServer, ThrowAwayServer];
    return new Galera([second, first, ...rest]);
  }

  async close(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }
}

async function join(nodes: ThrowAwayServer[], count: number): Promise<void> {
  const ports = await Promise.all(Array.from({ length: count }, () => freePort()));
  for (const port of ports) {
    const others = nodes.length === 0 ? '' : ports.map((one) => `127.0.0.1:${one}`).join(',');
    const [transfer, state] = [await freePort(), await freePort()];
    const provider = `gmcast.listen_addr=tcp://127.0.0.1:${port};ist.recv_addr=127.0.0.1:${transfer};${EVICTION}`;
    // Whoever fetches the data runs rsync, which as root would become nobody.
    const user = 'mysql';
    nodes.push(
      await ThrowAwayServer.start(
        'mariadb',
        [
          '--binlog-format=ROW',
          '--innodb-autoinc-lock-mode=2',
          '--wsrep-on=ON',
          `--wsrep-provider=${PROVIDER}`,
          '--wsrep-cluster-name=faults',
          `--wsrep-cluster-address=gcomm://${others}`,
          '--wsrep-node-address=127.0.0.1',
          `--wsrep-node-name=node-${port}`,
          '--wsrep-sst-method=rsync',
          `--wsrep-sst-receive-address=127.0.0.1:${state}`,
          '--wsrep-sync-wait=1',
          `--wsrep-provider-options=${provider}`,
        ],
        { user },
      ),
    );
  }
}

/** Waits until a node says that so many are one, and that it is one of them. */
export async function together(ask: (sql: string) => Promise<Record<string, unknown>[]>, size: number): Promise<void> {
  for (const end = Date.now() + 60_000; ; await sleep(200)) {
    const rows = await ask("SHOW STATUS LIKE 'wsrep_%'").catch(() => []);
    const status = new Map(rows.map((row) => [row.Variable_name, row.Value]));
    if (status.get('wsrep_cluster_size') === String(size) && status.get('wsrep_ready') === 'ON') return;
    const what = ['wsrep_cluster_size', 'wsrep_cluster_status', 'wsrep_local_state_comment'].map((name) =>
      status.get(name),
    );
    if (Date.now() > end) throw new Error(`Not ${size} nodes together: ${what.join(', ')}`);
  }
}
