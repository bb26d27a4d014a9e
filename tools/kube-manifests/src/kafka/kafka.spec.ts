import { describe, expect, test } from '@jest/globals';
import { type EventContract, events, services, topicList } from '@myelin/contracts';
import { grantsOf } from './grants.js';
import { kafkaTopics } from './topics.js';
import { kafkaUsers } from './users.js';

const operationsOf = (service: (typeof services)[number], name: string, of = events): readonly string[] =>
  grantsOf(service, of).find((grant) => grant.name === name)?.operations ?? [];

describe('topics', () => {
  test('are those of the contracts, with the same partitions and settings', () => {
    const made = kafkaTopics(events).map(({ spec }) => spec);
    expect(made).toEqual(
      topicList(events).map(({ name, partitions, config }) => ({ topicName: name, partitions, config })),
    );
  });

  test('have names that Kubernetes takes', () => {
    for (const { metadata } of kafkaTopics(events))
      expect(metadata.name).toMatch(/^[a-z0-9][a-z0-9.-]{0,251}[a-z0-9]$/);
  });
});

describe('users', () => {
  test('every topic is written by its owner alone', () => {
    for (const { name, owner } of topicList(events)) {
      const writers = services.filter((service) => operationsOf(service, name).includes('Write'));
      expect([name, writers]).toEqual([name, [owner]]);
    }
  });

  test('every topic is read by its declared consumers alone, and dead letters by nobody who only parks', () => {
    for (const { name } of topicList(events)) {
      const readers = services.filter((service) => operationsOf(service, name).includes('Read'));
      const declared = events.filter(({ topic }) => topic.name === name).flatMap(({ consumers }) => consumers);
      expect([name, readers]).toEqual([
        name,
        services.filter((one) => declared.some(({ service }) => service === one)),
      ]);
    }
  });

  test('a group that halts keys reads its dead letters', () => {
    const [event] = events.filter(({ name }) => name === 'data-quality-measured') as [EventContract];
    const halting = { kind: 'group', group: 'alerting.x', service: 'alerting', onPoison: 'halt-key' } as const;
    const dead = `${event.topic.name}.dlq.alerting.x`;
    expect(operationsOf('alerting', dead, [{ ...event, consumers: [halting] }])).toEqual(['Describe', 'Read', 'Write']);
  });

  test('every group is joined by its service alone; telemetry sees how far the others of its topic are', () => {
    expect(operationsOf('alerting', 'alerting.evaluate-measurements')).toEqual(['Describe', 'Read']);
    expect(operationsOf('telemetry', 'alerting.evaluate-measurements')).toEqual(['Describe']);
    const groups = events.flatMap(({ consumers }) => consumers.flatMap((one) => (one.kind === 'group' ? [one] : [])));
    for (const { group, service } of groups) {
      const members = services.filter((one) => operationsOf(one, group).includes('Read'));
      expect([group, members]).toEqual([group, [service]]);
    }
  });

  test('name exactly what is allowed: no prefixes, no wildcards, no hosts, nothing of the cluster', () => {
    for (const { metadata, spec } of kafkaUsers(events)) {
      const { acls } = (spec as { authorization: { acls: { resource: { name: string; patternType: string } }[] } })
        .authorization;
      expect([metadata.name, acls.length > 0]).toEqual([metadata.name, true]);
      for (const { resource } of acls) {
        expect(resource.patternType).toBe('literal');
        expect(resource.name).toMatch(/^[a-z0-9.-]+$/);
      }
    }
  });
});
