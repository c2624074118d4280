import { Entity } from 'typeorm';
import { CrudEntity, Field } from 'plinth';
import * as fields from './specification.fields.js';

const { prose, lines } = fields;

/** A technical specification. An empty value is a section that is not written yet. */
@Entity('specification')
export class Specification extends CrudEntity {
  @Field({ type: 'string', minLength: 1, filterable: true, sortable: true, writable: true }) name!: string;
  @Field({
    type: 'enum',
    words: fields.PHASES,
    default: 'planning',
    nullable: true,
    filterable: true,
    writable: 'create',
    description: 'The current phase; null before the first. `:advance` and `:reopen` move it.',
  })
  status!: fields.Phase | null;
  @Field({ type: 'string', minLength: 1, maxLength: 100, nullable: true, filterable: true, writable: true })
  target_release!: string | null;
  @Field({ type: 'date', nullable: true, filterable: true, sortable: true, writable: true })
  target_date!: string | null;
  @Field({ ...lines, uniqueItems: true, description: 'Names of the modules that it covers; not in the Markdown.' })
  resources!: string[];

  // Texts are Markdown without headings of the first three levels.
  @Field({ ...prose, description: 'A brief description of the feature or system. Markdown.' }) overview!: string;
  @Field(lines) goals!: string[];
  @Field(lines) non_goals!: string[];
  @Field({ ...prose, description: 'The context, and the strategic fit. Markdown.' }) background!: string;
  @Field({ ...prose, description: 'Markdown, with a diagram in Mermaid.' }) architecture!: string;
  @Field(prose) core_components!: string;
  @Field(prose) data_models!: string;
  @Field(prose) api!: string;
  @Field(prose) database_schema!: string;
  @Field(fields.performance) performance!: fields.Performance | null;
  @Field(lines) security!: string[];
  @Field(lines) privacy!: string[];
  @Field(lines) scalability!: string[];
  @Field({ ...lines, description: 'Metrics to track.' }) metrics!: string[];
  @Field({ ...lines, description: 'Alert conditions.' }) alerts!: string[];
  @Field(prose) unit_tests!: string;
  @Field(prose) integration_tests!: string;
  @Field(prose) performance_tests!: string;
  @Field(fields.deployment) deployment!: fields.Deployment | null;
  @Field({ ...lines, description: 'The phases of the rollout, in their order.' }) rollout!: string[];
  @Field(fields.migration) migration!: fields.Migration | null;
  @Field(fields.risks) technical_risks!: fields.Risk[];
  @Field(fields.risks) business_risks!: fields.Risk[];
  @Field(fields.dependencies) dependencies!: fields.Dependencies | null;
  @Field(fields.successMetrics) success_metrics!: fields.SuccessMetric[];
  @Field({ ...lines, description: 'Future considerations.' }) future!: string[];
  @Field(fields.timeline) timeline!: fields.Timeline | null;
  @Field({ ...lines, description: 'References.' }) sources!: string[];
  @Field({ ...prose, description: 'Alternatives, and why they were not chosen. Markdown.' }) alternatives!: string;
  @Field({ ...prose, description: 'Capacity planning. Markdown.' }) capacity!: string;
  @Field({ ...prose, description: 'Cost analysis. Markdown.' }) cost!: string;
}
