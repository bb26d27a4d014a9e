import { ApiProperty } from '@nestjs/swagger';
import { type AlarmSummary, type NamedCounts } from '../../persistence/alarm-search.repository.js';
import { type Severity, severities } from '../../domain/rules/rule.js';

class AlarmCountsView {
  @ApiProperty({ type: 'integer' })
  active!: number;

  @ApiProperty({ type: 'integer', description: 'of these' })
  unacknowledged!: number;

  @ApiProperty({ type: 'integer', description: 'of these' })
  shelved!: number;

  @ApiProperty({ type: 'integer', description: "of these: a storm's alarm stands for them" })
  inhibited!: number;
}

class SeverityCountsView extends AlarmCountsView {
  @ApiProperty({ enum: severities })
  severity!: Severity;
}

class SiteCountsView extends AlarmCountsView {
  @ApiProperty()
  site!: string;
}

class RuleCountsView extends AlarmCountsView {
  @ApiProperty()
  rule!: string;
}

export const summaryLimit = 1_000;

export class AlarmSummaryView extends AlarmCountsView {
  @ApiProperty({ type: () => [SeverityCountsView], description: 'All of them, the most severe first' })
  bySeverity!: SeverityCountsView[];

  @ApiProperty({ type: () => [SiteCountsView], description: `At most ${summaryLimit}, those with most alarms first` })
  bySite!: SiteCountsView[];

  @ApiProperty({ type: () => [RuleCountsView], description: `At most ${summaryLimit}, those with most alarms first` })
  byRule!: RuleCountsView[];
}

export function summaryView(summary: AlarmSummary): AlarmSummaryView {
  const { active, unacknowledged, shelved, inhibited, sites, rules } = summary;
  return {
    ...{ active, unacknowledged, shelved, inhibited },
    bySeverity: severities.map((severity) => ({ severity, ...countsOf(summary.severities, severity) })),
    bySite: sites.map(({ name, ...counts }) => ({ site: name, ...counts })),
    byRule: rules.map(({ name, ...counts }) => ({ rule: name, ...counts })),
  };
}

function countsOf(of: readonly NamedCounts[], severity: Severity): AlarmCountsView {
  const { active, unacknowledged, shelved, inhibited } = of.find(({ name }) => name === severity) ?? none;
  return { active, unacknowledged, shelved, inhibited };
}

const none = { active: 0, unacknowledged: 0, shelved: 0, inhibited: 0 };
