import { readFileSync } from 'node:fs';
import { DomainError } from 'plinth';
import { DOCUMENT } from './specification.outline.js';

const TEMPLATE = readFileSync('test/specification/template.md', 'utf8');
const { read, write } = DOCUMENT;

describe('a specification as Markdown', () => {
  it('gives the template back, byte for byte', () => {
    expect(write(read(TEMPLATE))).toBe(TEMPLATE);
  });

  it('has its members in it', () => {
    expect(read(TEMPLATE)).toMatchInlineSnapshot(`
     {
       "alerts": [
         "[Condition 1]",
         "[Condition 2]",
       ],
       "alternatives": "[Description of alternatives and why they were not chosen]",
       "api": "#### Endpoints

     ##### GET /api/resource
     \`\`\`typescript
     interface RequestParams {
       id: string;
     }

     interface Response {
       data: Model1;
       status: string;
     }
     \`\`\`",
       "architecture": "\`\`\`mermaid
     graph TD
         A[Component A] --> B[Component B]
         B --> C[Component C]
     \`\`\`",
       "background": "[Context and how this fits into the larger system/strategy]",
       "business_risks": [
         {
           "impact": "high",
           "likelihood": "low",
           "mitigation": "[Mitigation 1]",
           "risk": "[Risk 1]",
         },
         {
           "impact": "medium",
           "likelihood": "medium",
           "mitigation": "[Mitigation 2]",
           "risk": "[Risk 2]",
         },
       ],
       "capacity": "[Detailed capacity planning calculations]",
       "core_components": "#### Component A
     \`\`\`typescript
     interface ComponentA {
       property: string;
       method(): void;
     }
     \`\`\`

     #### Component B
     \`\`\`typescript
     class ComponentB implements ComponentA {
       property: string;

       method(): void {
         // Implementation
       }
     }
     \`\`\`",
       "cost": "[Cost implications and ROI calculations]",
       "data_models": "#### Model 1
     \`\`\`typescript
     interface Model1 {
       id: string;
       name: string;
       created_at: Date;
     }
     \`\`\`",
       "database_schema": "\`\`\`sql
     CREATE TABLE resource (
       id VARCHAR(36) PRIMARY KEY,
       name VARCHAR(255) NOT NULL,
       created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
     );
     \`\`\`",
       "dependencies": {
         "external": "[External dependency 1]",
         "infrastructure": "[Infrastructure dependency 3]",
         "internal": "[Internal dependency 2]",
       },
       "deployment": {
         "rollback": "[Rollback procedure]",
         "steps": [
           "[Deployment step 1]",
           "[Deployment step 2]",
         ],
       },
       "future": [
         "[Future enhancement 1]",
         "[Future enhancement 2]",
         "[Future enhancement 3]",
       ],
       "goals": [
         "[Primary goal]",
         "[Secondary goal]",
         "[Additional goals]",
       ],
       "integration_tests": "[Description of integration test approach]",
       "metrics": [
         "[Metric 1]",
         "[Metric 2]",
       ],
       "migration": {
         "code": "[Code migration approach]",
         "data": "[Data migration approach]",
         "users": "[User migration approach]",
       },
       "name": "[Feature Name]",
       "non_goals": [
         "[What this spec is not trying to address]",
         "[Future considerations that are out of scope]",
       ],
       "overview": "[Brief description of the feature or system being specified]",
       "performance": {
         "latency": "[target latency]",
         "resource_usage": "[memory/CPU targets]",
         "throughput": "[target throughput]",
       },
       "performance_tests": "[Description of performance test approach]",
       "privacy": [
         "[Privacy requirement 1]",
         "[Privacy requirement 2]",
         "[Privacy requirement 3]",
       ],
       "rollout": [
         "[Alpha testing]",
         "[Beta testing]",
         "[General availability]",
       ],
       "scalability": [
         "[Horizontal scaling approach]",
         "[Vertical scaling limits]",
         "[Sharding strategy]",
       ],
       "security": [
         "[Security requirement 1]",
         "[Security requirement 2]",
         "[Security requirement 3]",
       ],
       "sources": [
         "[Reference 1]",
         "[Reference 2]",
         "[Reference 3]",
       ],
       "status": null,
       "success_metrics": [
         {
           "measurement": "[measurement approach]",
           "metric": "[Metric 1]",
           "target": "[target value]",
         },
         {
           "measurement": "[measurement approach]",
           "metric": "[Metric 2]",
           "target": "[target value]",
         },
       ],
       "target_date": null,
       "target_release": null,
       "technical_risks": [
         {
           "impact": "high",
           "likelihood": "low",
           "mitigation": "[Mitigation 1]",
           "risk": "[Risk 1]",
         },
         {
           "impact": "medium",
           "likelihood": "medium",
           "mitigation": "[Mitigation 2]",
           "risk": "[Risk 2]",
         },
       ],
       "timeline": {
         "design_review": null,
         "implementation_start": null,
         "rollout_complete": null,
         "testing_complete": null,
       },
       "unit_tests": "\`\`\`typescript
     describe('ComponentA', () => {
       it('should behave correctly', () => {
         // Test implementation
       });
     });
     \`\`\`",
     }
    `);
  });
});
