import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Backlog } from './backlog.js';
import { ChangeEntity } from './change.entity.js';
import { ChangeLog } from './change-log.js';
import { ChangePruner } from './change.pruner.js';
import { ChangeRepository } from './change.repository.js';
import { ChangeSignal } from './change-signal.js';
import { ChangesController } from './changes.controller.js';
import { FeedEntity } from './feed.entity.js';
import { FeedRepository } from './feed.repository.js';
import { Feeds } from './feeds.js';
import { HistoryService } from './history.service.js';
import { LivePageController } from './live-page.controller.js';
import { WatchService } from './watch.service.js';

@Global()
@Module({
  imports: [TypeOrmModule.forFeature([ChangeEntity, FeedEntity])],
  controllers: [ChangesController, LivePageController],
  providers: [
    Backlog,
    ChangeLog,
    ChangeRepository,
    ChangeSignal,
    ChangePruner,
    FeedRepository,
    Feeds,
    HistoryService,
    WatchService,
  ],
  exports: [ChangeLog, Feeds, WatchService],
})
export class ChangesModule {}
