// The fork of nestjsx/crud that is kept up, with its TypeORM service, as its wiki sets them up: an entity, DTOs, `@Crud`.
import 'reflect-metadata';
import { Crud, type CrudController } from '@dataui/crud';
import { TypeOrmCrudService } from '@dataui/crud-typeorm';
import { Controller, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { IsString, Length } from 'class-validator';
import {
  Column,
  CreateDateColumn,
  Entity,
  PrimaryGeneratedColumn,
  Repository,
  UpdateDateColumn,
  VersionColumn,
} from 'typeorm';

@Entity('resource')
class Resource {
  @PrimaryGeneratedColumn('uuid')
  id: string;
  @Column({ type: 'varchar', length: 255 })
  name: string;
  @CreateDateColumn({ type: 'timestamp', precision: 3 })
  created_at: Date;
  @UpdateDateColumn({ type: 'timestamp', precision: 3 })
  updated_at: Date;
  @VersionColumn()
  version: number;
}

class ResourceDto {
  @IsString()
  @Length(1, 255)
  name: string;
}

@Injectable()
class ResourceService extends TypeOrmCrudService<Resource> {
  constructor(@InjectRepository(Resource) repository: Repository<Resource>) {
    super(repository);
  }
}

@Crud({
  model: { type: Resource },
  dto: { create: ResourceDto, update: ResourceDto },
  params: { id: { field: 'id', type: 'string', primary: true } },
  validation: { whitelist: true },
})
@Controller('resource')
class ResourceController implements CrudController<Resource> {
  constructor(public service: ResourceService) {}
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
  providers: [ResourceService],
  controllers: [ResourceController],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['error'] });
await app.listen(Number(process.env.PORT), '127.0.0.1');
