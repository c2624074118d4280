// Nest on Express with TypeORM's repository and the ValidationPipe, as its tutorials do it.
import 'reflect-metadata';
import {
  Body,
  Controller,
  Get,
  Headers,
  Module,
  NotFoundException,
  Param,
  Patch,
  Post,
  PreconditionFailedException,
  Query,
  Res,
  ValidationPipe,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { IsString, Length } from 'class-validator';
import { randomUUID } from 'node:crypto';
import { Column, Entity, MoreThan, PrimaryColumn, Repository } from 'typeorm';

@Entity('resource')
class Resource {
  @PrimaryColumn({ type: 'varchar', length: 36 })
  id: string;
  @Column({ type: 'varchar', length: 255 })
  name: string;
  @Column({ type: 'timestamp', precision: 3 })
  created_at: Date;
  @Column({ type: 'timestamp', precision: 3 })
  updated_at: Date;
  @Column({ type: 'int' })
  version: number;
}

class ResourceDto {
  @IsString()
  @Length(1, 255)
  name: string;
}

interface Reply {
  setHeader(name: string, value: string): void;
}

@Controller('api/resource')
class ResourceController {
  constructor(@InjectRepository(Resource) private readonly rows: Repository<Resource>) {}

  @Get()
  async page(@Query('after') after = '') {
    const rows = await this.rows.find({ where: { id: MoreThan(after) }, order: { id: 'ASC' }, take: 21 });
    const data = rows.slice(0, 20).map(shown);
    return { data, page: { limit: 20, next_cursor: data.at(-1)?.id }, status: 'success' };
  }

  @Get(':id')
  async read(@Param('id') id: string, @Res({ passthrough: true }) reply: Reply) {
    return answer(await this.row(id), reply);
  }

  @Post()
  async create(@Body() { name }: ResourceDto, @Res({ passthrough: true }) reply: Reply) {
    const now = new Date();
    return answer(
      await this.rows.save({ id: randomUUID(), name, created_at: now, updated_at: now, version: 1 }),
      reply,
    );
  }

  @Patch(':id')
  async update(
    @Param('id') id: string,
    @Body() { name }: ResourceDto,
    @Headers('if-match') ifMatch: string,
    @Res({ passthrough: true }) reply: Reply,
  ) {
    const row = await this.row(id);
    if (ifMatch !== `"${row.version}"`) throw new PreconditionFailedException();
    return answer(await this.rows.save({ ...row, name, updated_at: new Date(), version: row.version + 1 }), reply);
  }

  private async row(id: string): Promise<Resource> {
    const row = await this.rows.findOneBy({ id });
    if (!row) throw new NotFoundException();
    return row;
  }
}

function shown({ id, name, created_at }: Resource) {
  return { id, name, created_at };
}

function answer(row: Resource, reply: Reply) {
  reply.setHeader('etag', `"${row.version}"`);
  return { data: shown(row), status: 'success' };
}

@Module({
  imports: [
    TypeOrmModule.forRoot({
      type: 'mysql',
      url: process.env.DATABASE_URL!.replace('mariadb:', 'mysql:'),
      entities: [Resource],
      timezone: 'Z',
    }),
    TypeOrmModule.forFeature([Resource]),
  ],
  controllers: [ResourceController],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['error'] });
app.useGlobalPipes(new ValidationPipe({ whitelist: true }));
await app.listen(Number(process.env.PORT), '127.0.0.1');
