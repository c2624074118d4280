import { Injectable } from '@nestjs/common';

/** Tells the readers of this process that something was committed here, so that they need not wait for their next look. */
@Injectable()
export class ChangeSignal {
  private readonly listeners = new Map<string, () => void>();

  listen(module: string, listener: () => void): void {
    this.listeners.set(module, listener);
  }

  committed(module: string): void {
    this.listeners.get(module)?.();
  }
}
