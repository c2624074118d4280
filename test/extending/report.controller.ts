import {
  Body,
  Controller,
  Get,
  HttpCode,
  Injectable,
  Param,
  ParseIntPipe,
  Post,
  UseGuards,
  UseInterceptors,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { Answer, Context, DomainError, Field, Parameters, Public, Scope, type RequestContext } from 'plinth';
import { map, type Observable } from 'rxjs';
import { Halving } from './parcel.service.js';
import { ReportService } from './report.service.js';

// #region answers
export class TenantWeight {
  @Field({ type: 'string' })
  tenant!: string;

  @Field({ type: 'integer', description: 'Of all their parcels.' })
  grams!: number;
}

export class Least {
  @Field({ type: 'integer', minimum: 0, default: 0 })
  least!: number;
}
// #endregion

export class Price {
  @Field({ type: 'integer', description: 'In cents.' })
  price!: number;
}

export class NewBox {
  @Field({ type: 'string', maxLength: 40 })
  tenant!: string;
}

export class Box {
  @Field({ type: 'string' })
  parcel_id!: string;
}

/** The order in which they were asked, for the test. */
export const order: string[] = [];

// #region guard
@Injectable()
export class OpenHours implements CanActivate {
  isOpen = true;

  canActivate(): boolean {
    order.push('guard');
    if (!this.isOpen) throw new DomainError('conflict', 'Reports are made in the morning.');
    return true;
  }
}

@Injectable()
export class Doubled implements NestInterceptor {
  intercept(_execution: ExecutionContext, next: CallHandler<{ data: Price }>): Observable<object> {
    order.push('interceptor');
    return next.handle().pipe(map(({ data, ...more }) => ({ data: { price: data.price * 2 }, ...more })));
  }
}
// #endregion

// #region routes
@Controller('parcel-report')
export class ReportController {
  constructor(private readonly reports: ReportService) {}

  @Get('weights')
  @Scope('parcel:report')
  @Answer([TenantWeight], { summary: 'Weights by tenant' })
  weights(@Parameters() { least }: Least): Promise<TenantWeight[]> {
    return this.reports.weights(least);
  }

  @Get('price/:grams')
  @Public()
  @Answer(Price)
  async price(@Param('grams', ParseIntPipe) grams: number): Promise<Price> {
    return { price: 100 + grams };
  }
  // #endregion

  // #region write
  @Post('boxes')
  @Scope('parcel:box')
  @Answer(Box)
  box(@Body() { tenant }: NewBox, @Context() context: RequestContext): Promise<Box> {
    return this.reports.box(tenant, context);
  }
  // #endregion

  @Post('quotes')
  @Public()
  @HttpCode(200)
  @Answer(Price, { problems: ['parcel-too-heavy'] })
  async quote(@Body() { times }: Halving): Promise<Price> {
    return { price: times };
  }

  // #region guarded
  @Get('double/:grams')
  @Scope('parcel:report')
  @UseGuards(OpenHours)
  @UseInterceptors(Doubled)
  @Answer(Price)
  async double(@Param('grams', ParseIntPipe) grams: number): Promise<Price> {
    order.push('handler');
    return { price: grams };
  }
  // #endregion
}
