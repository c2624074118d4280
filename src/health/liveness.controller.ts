import { Controller, Get } from '@nestjs/common';

/** Answers if the event loop turns. Outside of terminus, which says 503 while the process is being stopped. */
@Controller('health/live')
export class LivenessController {
  @Get()
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }
}
