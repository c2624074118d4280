import { Get } from '@nestjs/common';
import { RootController } from '../http/root-controller.decorator.js';

/** Answers if the event loop turns. Outside of terminus, which says 503 while the process is being stopped. */
@RootController('health/live')
export class LivenessController {
  @Get()
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }
}
