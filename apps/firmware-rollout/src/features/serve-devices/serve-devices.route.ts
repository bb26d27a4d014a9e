import type { IncomingMessage } from 'node:http';
import type { FollowedDevices } from '@myelin/device-identity';
import type { Clock } from '@myelin/kernel';
import type { HotReply, HotRoute } from '@myelin/service-kit';
import { context } from '@opentelemetry/api';
import type { ArtifactSource } from '../../artifacts/serve-artifact.js';
import { serveArtifact } from '../../artifacts/serve-artifact.js';
import { isNotModified } from '../../ddi/content-hash.js';
import { DdiRefusal, refusalBody, refuse } from '../../ddi/ddi-refusal.js';
import type { ConfirmationResource, DdiResource, DdiRoute } from '../../ddi/ddi-route.js';
import { Hrefs, originOf } from '../../ddi/hrefs.js';
import { type DdiBody, CborBody } from '../../ddi/lenient-json.js';
import { answerType, bodyTypeOf, cbor } from '../../ddi/media-types.js';
import { configDataMaxBytes } from '../../ddi/parse-config-data.js';
import { confirmationMaxBytes } from '../../ddi/parse-confirmation.js';
import { installedMaxBytes } from '../../ddi/parse-installed.js';
import { feedbackMaxBytes } from '../../ddi/parse-feedback.js';
import { type RenderedAnswer, inCbor } from '../../ddi/rendered-answer.js';
import { matchDdiRoute } from '../../ddi/route-match.js';
import { type AdmittedDevice, type Admission, admitDevice } from './admit-device.js';
import type { AskingClient, ConfirmationHandler } from './confirmation.handler.js';
import type { DeviceLimits } from './device-limits.js';
import { followedContext } from './followed-context.js';
import type { OfferedFiles } from './offered-files.js';
import type { LastSeen } from './last-seen.js';
import type { Polls } from './poll.js';
import { readBody } from './read-body.js';
import { RefusalCounts } from './refusal-counts.js';
import type { RefusalNotes } from './refusal-notes.js';
import type { ServeDevicesHandler } from './serve-devices.handler.js';
import type { UpdateTable } from './update-table.js';

export interface DeviceEdge extends Admission {
  readonly updates: Pick<UpdateTable, 'of' | 'ready'>;
  readonly polls: Polls;
  readonly handler: ServeDevicesHandler;
  readonly confirmations: ConfirmationHandler;
  readonly artifacts: ArtifactSource;
  readonly files: OfferedFiles;
  readonly limits: DeviceLimits;
  readonly followed: Pick<FollowedDevices, 'isFollowed'>;
  readonly lastSeen: LastSeen;
  readonly refusals: Pick<RefusalNotes, 'note'>;
  /** Between two pieces of a body, in milliseconds. */
  readonly bodyIdleMs: number;
  readonly clock: Clock;
  /** `scheme://host[:port]` under which devices reach the service; absent = as each request says. */
  readonly publicUrl?: string | undefined;
}

const refusals = new RefusalCounts();

/** A request of an admitted device. */
interface Asked {
  readonly edge: DeviceEdge;
  readonly request: IncomingMessage;
  readonly reply: HotReply;
  readonly route: DdiRoute;
  readonly device: AdmittedDevice;
  readonly nowMs: number;
}

/** hawkBit's protocol for devices (DDI, version 1), on Node's own server: a million devices ask every few minutes. */
export function serveDevicesRoutes(edge: DeviceEdge): readonly HotRoute[] {
  const path = '/:tenant/controller/v1/:controllerId';
  const below = `${path}/:resource`;
  return [
    // Measured apart from what moves an artifact, which takes as long as the client's network lets it.
    { method: 'GET', path, takes: isPoll, isSampledEarly: isPoll, handle: handlerOf(edge, path) },
    { method: 'GET', path: below, takes: isOfDevices, handle: handlerOf(edge, below) },
  ];
}

function handlerOf(edge: DeviceEdge, path: string): HotRoute['handle'] {
  return (request, reply) => {
    const { method = '', url = '', headers } = request;
    const route = matchDdiRoute(method, url);
    if (route instanceof DdiRefusal) return sendRefusal(reply, route, request);
    const nowMs = edge.clock.nowMs();
    const asking = { authorization: headers.authorization, nowMs, connection: reply.connection };
    const device = edge.updates.ready ? admitDevice(edge, route, asking) : notReady;
    if (device instanceof DdiRefusal) return refuseDevice(edge, route, reply, device, request);
    if (device.kind === 'not-ready') return reply.send(503, 'text/plain', '', ['retry-after', '5']);
    reply.about = device;
    edge.lastSeen.note(device.key, nowMs);
    const asked: Asked = { edge, request, reply, route, device, nowMs };
    const within = followedContext(edge.followed, path, asked);
    if (within === undefined) serve(asked);
    else context.with(within, () => serve(asked));
  };
}

function serve(asked: Asked): void {
  const { edge, request, reply, route, device, nowMs } = asked;
  const refusal = takeOf(edge, route, device.key, nowMs, reply);
  if (refusal !== undefined) return refuseDevice(edge, route, reply, refusal, request);
  if (route.resource.kind === 'root') return answerPoll(asked);
  answer(asked, route.resource).catch((error: unknown) => reply.fail(error));
}

function refuseDevice(
  { refusals }: DeviceEdge,
  route: DdiRoute,
  reply: HotReply,
  refusal: DdiRefusal,
  request: IncomingMessage,
): void {
  refusals.note(refusal, route);
  reply.about = { tenant: route.pathTenant, device: route.controllerId };
  sendRefusal(reply, refusal, request);
}

/** What the device asks for counts as its own, before anything is looked up for it. */
function takeOf(
  { limits, clock }: DeviceEdge,
  { resource }: DdiRoute,
  key: string,
  nowMs: number,
  reply: HotReply,
): DdiRefusal | undefined {
  return resource.kind === 'artifact' ? limits.takeDownload(key, reply.stream, clock) : limits.takeRequest(key, nowMs);
}

const notReady = { kind: 'not-ready' } as const;

/** Of which there are so many that a span each would cost more than they do. */
function isPoll(method: string, url: string): boolean {
  return method === 'GET' && isOfDevices(method, url) && url.indexOf('/', url.indexOf('/v1/') + 4) < 0;
}

function isOfDevices(_method: string, url: string): boolean {
  const second = url.indexOf('/', 1);
  return second > 0 && url.startsWith('/controller/v1/', second);
}

function answerPoll({ edge, request, reply, route, device, nowMs }: Asked): void {
  const { 'user-agent': userAgent } = request.headers;
  const asking = { key: device.key, userAgent, nowMs };
  const hrefs = (): Hrefs => hrefsOf(edge, request, route);
  sendAnswer(request, reply, edge.polls.answer(edge.updates.of(device.key), asking, hrefs));
}

async function answer(asked: Asked, resource: DdiResource): Promise<void> {
  const { edge, request, route, device } = asked;
  const { handler } = edge;
  const hrefs = hrefsOf(edge, request, route);
  switch (resource.kind) {
    case 'root':
      return answerPoll(asked);
    case 'configData':
      return take(asked, configDataMaxBytes, (body) => handler.takeAttributes(device, body));
    case 'installed':
      return take(asked, installedMaxBytes, (body) => handler.takeInstalled(device, body));
    case 'deploymentFeedback':
    case 'cancelFeedback':
      return takeFeedback(asked, resource);
    case 'deploymentBase':
      return give(asked, await handler.deployment(device, { ...resource, ...clientOf(asked) }, hrefs));
    case 'installedBase':
      return give(asked, await handler.installed(device, resource, hrefs));
    case 'cancelAction':
      return give(asked, await handler.cancellation(device, resource.actionId));
    case 'artifacts':
      return give(asked, await handler.artifacts(device, resource.moduleId, hrefs));
    case 'artifactMd5':
      return giveMd5(asked, await handler.md5(device, resource.moduleId, resource.fileName));
    case 'artifact':
      return giveFile(asked, resource);
    default:
      return answerConfirmation(asked, resource);
  }
}

async function answerConfirmation(asked: Asked, resource: ConfirmationResource): Promise<void> {
  const { edge, request, route, device } = asked;
  const { confirmations } = edge;
  switch (resource.kind) {
    case 'confirmationBase':
      return give(asked, await confirmations.base(device, clientOf(asked), hrefsOf(edge, request, route)));
    case 'confirmation':
      return give(
        asked,
        await confirmations.details(device, { ...resource, ...clientOf(asked) }, hrefsOf(edge, request, route)),
      );
    case 'confirmationFeedback': {
      const { actionId } = resource;
      return take(asked, confirmationMaxBytes, (body) => confirmations.takeFeedback(device, { actionId, body }));
    }
    case 'activateAutoConfirm':
      return take(asked, confirmationMaxBytes, (body) => confirmations.activate(device, body));
    case 'deactivateAutoConfirm':
      return take(asked, confirmationMaxBytes, () => confirmations.deactivate(device));
  }
}

function clientOf({ edge, request, device }: Asked): AskingClient {
  return { told: edge.updates.of(device.key), userAgent: request.headers['user-agent'] };
}

function takeFeedback(
  asked: Asked,
  { kind, actionId }: { readonly kind: string; readonly actionId: number },
): Promise<void> {
  const { device, edge } = asked;
  const about = kind === 'cancelFeedback' ? 'cancel' : 'deployment';
  return take(asked, feedbackMaxBytes, (body) => edge.handler.takeFeedback(device, { actionId, about, body }));
}

/** What is written is answered with 200 and nothing else: clients take no other success. 201 has one resource that none of them knows. */
async function take(
  { edge, request, reply }: Asked,
  maxBytes: number,
  work: (body: DdiBody) => Promise<DdiRefusal | 'created' | undefined>,
): Promise<void> {
  const body = await readBody(request, maxBytes, edge.bodyIdleMs);
  const type = bodyTypeOf(request.headers['content-type']);
  const refusal = await takeBody(type, body, work);
  if (refusal === undefined || refusal === 'created')
    reply.send(refusal === undefined ? 200 : 201, 'application/json', '');
  else sendRefusal(reply, refusal, request);
}

async function takeBody(
  type: ReturnType<typeof bodyTypeOf>,
  body: Buffer | DdiRefusal,
  work: (body: DdiBody) => Promise<DdiRefusal | 'created' | undefined>,
): Promise<DdiRefusal | 'created' | undefined> {
  if (type instanceof DdiRefusal) return type;
  if (body instanceof DdiRefusal) return body;
  return work(type === cbor && body.length > 0 ? new CborBody(body) : body);
}

function give({ request, reply }: Asked, given: RenderedAnswer | DdiRefusal): void {
  if (given instanceof DdiRefusal) sendRefusal(reply, given, request);
  else sendAnswer(request, reply, given);
}

function giveMd5({ reply, request }: Asked, given: RenderedAnswer | DdiRefusal): void {
  if (given instanceof DdiRefusal) return sendRefusal(reply, given, request);
  if (isNotModified(request.headers['if-none-match'], given.etag)) return sendNotModified(reply, given.etag);
  reply.send(200, 'text/plain', given.body, ['etag', given.etag]);
}

async function giveFile(
  { edge, request, reply, route, device, nowMs }: Asked,
  named: { readonly moduleId: number; readonly fileName: string },
): Promise<void> {
  const artifact = await edge.files.find(device, named, nowMs);
  if (artifact === undefined) return sendRefusal(reply, refuse('not-found', 'the action has no such file'), request);
  const asked = { method: route.method, headers: request.headers };
  await serveArtifact(edge.artifacts, artifact, asked, reply.stream, ['x-request-id', reply.requestId]);
}

function sendAnswer(request: IncomingMessage, reply: HotReply, answer: RenderedAnswer): void {
  const type = answerType(request.headers.accept);
  if (type instanceof DdiRefusal) return sendRefusal(reply, type, request);
  const { body, etag } = type === cbor ? inCbor(answer) : answer;
  if (isNotModified(request.headers['if-none-match'], etag)) return sendNotModified(reply, etag);
  reply.send(200, type, body, ['etag', etag]);
}

function sendNotModified(reply: HotReply, etag: string): void {
  reply.sendHead(304, ['etag', etag]);
}

/** Nobody knows why a client that gets no body was refused but the log of the client. */
function sendRefusal(reply: HotReply, refusal: DdiRefusal, { method, headers }: IncomingMessage): void {
  refusals.count(refusal.reason);
  reply.reason = refusal.reason;
  const text = method === 'HEAD' ? '' : refusalBody(refusal);
  const isCbor = text !== '' && answerType(headers.accept) === cbor;
  if (isCbor) reply.send(refusal.status, cbor, inCbor({ body: Buffer.from(text) }).body, refusal.headers);
  else reply.send(refusal.status, 'application/json', text, refusal.headers);
}

/** Without a host that can be one, links are paths. A proxy that speaks https before this service needs the public URL. */
function hrefsOf({ publicUrl }: DeviceEdge, { headers }: IncomingMessage, route: DdiRoute): Hrefs {
  const own = publicUrl ?? originOf('http', headers.host) ?? '';
  return new Hrefs({ own }, route.pathTenant, route.controllerId);
}
