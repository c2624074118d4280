import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CallerTraces } from './erasure/caller-traces.js';
import { Eraser } from './erasure/eraser.js';
import { KeptTextsRepository } from './erasure/kept-texts.repository.js';
import { KeysOfSubject } from './erasure/keys-of-subject.js';
import { RowEraser } from './erasure/row-eraser.js';
import { SubjectModels } from './erasure/subject-models.js';
import { SubjectRepository } from './erasure/subject.repository.js';
import { ErasureEntity } from './ledger/erasure.entity.js';
import { Ledger } from './ledger/ledger.js';
import { LedgerRepository } from './ledger/ledger.repository.js';
import { Replay } from './ledger/replay.js';
import { LedgerCheck } from './ledger-check.js';
import { OperationEntity } from './operations/operation.entity.js';
import { OperationRepository } from './operations/operation.repository.js';
import { PrivacyWork } from './operations/privacy-work.js';
import { PrivacyController } from './privacy.controller.js';
import { PrivacyMetrics } from './privacy.metrics.js';
import { PrivacyService } from './privacy.service.js';
import { SubjectExport } from './subject-export.js';

/** The personal data of one subject: given out, erased, and erased again in a restored backup. */
@Module({
  imports: [TypeOrmModule.forFeature([OperationEntity, ErasureEntity])],
  controllers: [PrivacyController],
  providers: [
    CallerTraces,
    Eraser,
    KeptTextsRepository,
    KeysOfSubject,
    Ledger,
    LedgerCheck,
    LedgerRepository,
    OperationRepository,
    PrivacyMetrics,
    PrivacyService,
    PrivacyWork,
    Replay,
    RowEraser,
    SubjectExport,
    SubjectModels,
    SubjectRepository,
  ],
})
export class PrivacyModule {}
