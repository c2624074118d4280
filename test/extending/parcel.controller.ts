import { Body, Controller, Param } from '@nestjs/common';
import {
  ActionEndpoint,
  Context,
  CrudController,
  DomainError,
  EVERY_ROW,
  Field,
  ListEndpoint,
  Parameters,
  ReadEndpoint,
  Representation,
  rowWhere,
  type Format,
  type Listing,
  type RequestContext,
} from 'plinth';
import { Parcel } from './parcel.entity.js';
import { Halved, Halving, ParcelService } from './parcel.service.js';

// #region format
const CALENDAR: Format<Parcel> = {
  type: 'text/calendar',
  extension: 'ics',
  head: 'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Parcels//EN\r\n',
  row: ({ id, due_on }) =>
    due_on ? `BEGIN:VEVENT\r\nUID:${id}\r\nDTSTART;VALUE=DATE:${due_on.replaceAll('-', '')}\r\nEND:VEVENT\r\n` : '',
  tail: 'END:VCALENDAR\r\n',
};
// #endregion

// #region reader
/** Two lines: the label, and the weight. */
const SLIP: Format<Parcel> = {
  type: 'text/plain',
  extension: 'txt',
  row: ({ label, weight }) => `${label}\n${weight} g\n`,
  read(text) {
    const [label, weighed] = text.split('\n');
    if (weighed?.endsWith(' g')) return { label, weight: Number(weighed.slice(0, -2)), tenant: 'slips' };
    const detail = 'The second line is the weight, such as "500 g".';
    throw new DomainError('malformed-document', detail, {
      errors: [{ code: 'malformed', detail, line: 2, column: 1 }],
    });
  },
};
// #endregion

// #region parameters
export class ParcelParameters {
  @Field({ type: 'integer', minimum: 0, nullable: true, description: 'Only those of at least so many grams.' })
  heavy!: number | null;
}
// #endregion

// #region controller
@Controller('parcel')
export class ParcelController extends CrudController(Parcel, { without: ['replace'], formats: [CALENDAR, SLIP] }) {
  constructor(private readonly parcels: ParcelService) {
    super(parcels);
  }
  // #endregion

  // #region list
  @ListEndpoint(Parcel, { formats: [CALENDAR, SLIP] })
  override list(
    @Context() context: RequestContext,
    @Parameters() { heavy }: ParcelParameters,
  ): Promise<Listing<Parcel>> {
    return this.parcels.list(context, heavy === null ? EVERY_ROW : rowWhere('weight', 'ge', heavy));
  }
  // #endregion

  // #region override
  @ReadEndpoint(Parcel, { formats: [CALENDAR, SLIP] })
  override async get(@Param('id') id: string, @Context() context: RequestContext): Promise<Representation<Parcel>> {
    const parcel = await super.get(id.toLowerCase(), context);
    const label = parcel.data.label?.toUpperCase();
    return label === undefined ? parcel : new Representation({ ...parcel.data, label }, parcel.id, parcel.etag);
  }
  // #endregion

  // #region verb
  @ActionEndpoint('halve', Parcel, { answer: Halved, problems: ['parcel-too-heavy'] })
  halve(@Param('id') id: string, @Body() body: Halving, @Context() context: RequestContext): Promise<Halved> {
    return this.parcels.halve(id, body, context);
  }
  // #endregion

  @ActionEndpoint('send', Parcel)
  send(@Param('id') id: string, @Context() context: RequestContext): Promise<Representation<Parcel>> {
    return this.parcels.send(id, context);
  }

  @ActionEndpoint('unpack', Parcel)
  unpack(@Param('id') id: string, @Context() context: RequestContext): Promise<Representation<Parcel>> {
    return this.parcels.unpack(id, context);
  }
}
