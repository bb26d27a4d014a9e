import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { baseImageOf, lastOf, stagesOf } from './dockerfile.js';
import { imagePlans } from './plan.js';

const workspace = fileURLToPath(new URL('../../../..', import.meta.url));
const read = (file: string): string => readFileSync(`${workspace}/${file}`, 'utf8');
const dockerfile = read('deploy/Dockerfile');
const stages = stagesOf(dockerfile);
const plans = imagePlans(workspace);

describe('deploy/Dockerfile', () => {
  test('has a target per app, and no target of anything else', () => {
    const started = [...stages.values()].filter((stage) => lastOf(stage, 'EXPOSE') !== undefined);
    expect(started.map(({ name }) => name).sort()).toEqual(plans.map(({ app }) => app));
  });

  test.each(plans)('$app: ports, folder and labels are those of the app', ({ app, ports, description }) => {
    const stage = stages.get(app) ?? { name: app, instructions: [] };
    const settings = stage.instructions.filter((line) => line.startsWith('ENV ')).join(' ');
    expect(settings).toContain(`HTTP_PORT=${ports[0]} ADMIN_PORT=${ports[1]}`);
    expect(lastOf(stage, 'EXPOSE')).toBe(ports.join(' '));
    expect(lastOf(stage, 'WORKDIR')).toBe(`/app/apps/${app}`);
    expect(lastOf(stage, 'LABEL')).toBe(
      `org.opencontainers.image.title="myelin-${app}" org.opencontainers.image.description="${description}"`,
    );
    expect(stage.instructions).toContain(`COPY --from=${app}-dependencies /app /app`);
    expect(stage.instructions).toContain(`COPY --from=build /compiled/${app} /app`);
  });

  test.each(plans)('$app: a user without a name, node as process 1, a health command without a shell', ({ app }) => {
    const stage = stages.get(app) ?? { name: app, instructions: [] };
    expect(lastOf(stage, 'USER')).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(JSON.parse(lastOf(stage, 'ENTRYPOINT') ?? '')[0]).toBe('node');
    expect(lastOf(stage, 'HEALTHCHECK')).toMatch(/CMD \["node", "\/app\/health\.mjs"\]$/);
    expect(stage.instructions.filter((line) => line.startsWith('RUN '))).toEqual([]);
  });

  test('is built on the Node that the workspace runs on, and has its version', () => {
    const [, pinned] = /pinnedNode = '([^']+)'/.exec(read('tools/bootstrap/decisions.mjs')) ?? [];
    expect(baseImageOf(dockerfile)).toBe(`docker.io/library/node:${pinned}-bookworm-slim`);
    const { version } = JSON.parse(read('package.json')) as { version: string };
    expect(dockerfile).toContain(`org.opencontainers.image.version="${version}"`);
  });

  test('keeps artifacts where the configuration schema has them by default', () => {
    const folder = /'ARTIFACT_FOLDER', \{ default: '([^']+)' \}/.exec(
      read('apps/firmware-rollout/src/artifacts/artifact-variables.ts'),
    )?.[1];
    const stage = stages.get('firmware-rollout');
    expect(stage?.instructions).toContain(`ENV ARTIFACT_FOLDER=${folder} ARTIFACT_SPOOL=${folder}/spool`);
  });

  test('names no registry but that of the base image, and no secret but by its id', () => {
    expect(dockerfile.match(/https?:\/\/\S+|_auth\w*/g)).toBeNull();
    const secrets = [...dockerfile.matchAll(/type=secret,(\S+)/g)].map(([, id]) => id);
    expect([...new Set(secrets)].sort()).toEqual(['id=ca', 'id=npmrc']);
  });
});
