import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ModuleRegistry } from '../../crud/module.registry.js';
import { subjectOf } from '../../fields/subject.decorator.js';
import { SubjectModel } from './subject-model.js';

/** Every resource of the application that is about somebody. */
@Injectable()
export class SubjectModels implements OnModuleInit {
  private models: readonly SubjectModel[] = [];

  constructor(private readonly registry: ModuleRegistry) {}

  /** After the registry's. @throws TypeError as `SubjectModel` does */
  onModuleInit(): void {
    this.models = this.registry.all().flatMap(({ model }) => {
      const subject = subjectOf(model.resource);
      return subject === undefined ? [] : [new SubjectModel(model, subject)];
    });
  }

  get all(): readonly SubjectModel[] {
    return this.models;
  }

  find(name: string): SubjectModel | undefined {
    return this.models.find((model) => model.name === name);
  }
}
