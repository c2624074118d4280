import { Injectable } from '@nestjs/common';

type Listener = () => void;

const NOBODY: readonly Listener[] = [];

/** Tells the readers of this process that something was committed here, so that they need not wait for their next look. */
@Injectable()
export class ChangeSignal {
  private readonly listeners = new Map<string, readonly Listener[]>();

  /** @returns ends it */
  listen(module: string, listener: Listener): () => void {
    this.listeners.set(module, [...this.of(module), listener]);
    return () =>
      this.listeners.set(
        module,
        this.of(module).filter((one) => one !== listener),
      );
  }

  committed(module: string): void {
    for (const listener of this.of(module)) listener();
  }

  private of(module: string): readonly Listener[] {
    return this.listeners.get(module) ?? NOBODY;
  }
}
