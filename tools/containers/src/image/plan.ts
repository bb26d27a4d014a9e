import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** What is known of an image before it is built: derived from the workspace, so a new app is a new image here. */
export interface ImagePlan {
  /** Of the app, of the target in the Dockerfile, and of the image behind `localhost/myelin/`. */
  readonly app: string;
  readonly version: string;
  readonly description: string;
  readonly hasMigrations: boolean;
  /** Defaults of HTTP_PORT and ADMIN_PORT in the app's configuration schema. */
  readonly ports: readonly [http: number, admin: number];
}

/** @throws Error when an app has no port in its configuration */
export function imagePlans(workspace: string): ImagePlan[] {
  return globSync('apps/*/package.json', { cwd: workspace })
    .sort()
    .map((file) => {
      const folder = join(workspace, dirname(file));
      const { version, description } = JSON.parse(readFileSync(join(workspace, file), 'utf8')) as ImagePlan;
      const config = readFileSync(join(folder, 'src/config.ts'), 'utf8');
      const hasMigrations = existsSync(join(folder, 'src/migrate.ts'));
      const ports = [portOf('HTTP_PORT', config), portOf('ADMIN_PORT', config)] as const;
      return { app: basename(folder), version, description, hasMigrations, ports };
    });
}

export function imageName(app: string): string {
  return `localhost/myelin/${app}:dev`;
}

function portOf(variable: string, config: string): number {
  const [, port] = new RegExp(`port\\('${variable}', \\{ default: (\\d+) \\}\\)`).exec(config) ?? [];
  if (port === undefined) throw new Error(`the configuration schema has no ${variable} with a default`);
  return Number(port);
}
