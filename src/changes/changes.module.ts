import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Backlog } from './backlog.js';
import { ChangeEntity } from '../rows/change.entity.js';
import { ChangeLog } from '../rows/change-log.js';
import { ChangePruner } from './change.pruner.js';
import { ChangeRepository } from './change.repository.js';
import { ChangeSignal } from '../rows/change-signal.js';
import { ChangesController } from './changes.controller.js';
import { FeedEntity } from '../rows/feed.entity.js';
import { FeedHeads } from '../rows/feed-heads.js';
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
    FeedHeads,
    FeedRepository,
    Feeds,
    HistoryService,
    WatchService,
  ],
  exports: [ChangeLog, ChangeRepository, ChangeSignal, FeedRepository, Feeds, WatchService],
})
export class ChangesModule {}
