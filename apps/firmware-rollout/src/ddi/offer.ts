/** What decides how an assignment is shown to its device right now. */
export interface OfferFacts {
  /** Forced, time-forced with its time passed, or download-only; otherwise the device chooses when. */
  readonly forced: boolean;
  /** To be downloaded and not installed. */
  readonly downloadOnly: boolean;
  /** Undefined: it may be installed at any time. */
  readonly windowOpen?: boolean;
  /** What the device has shown of working on it: nothing, that it read the instruction, or a report of its own. */
  readonly begun: 'no' | 'retrieved' | 'reported';
}

export type Step = 'forced' | 'attempt' | 'skip';

export interface Offer {
  readonly download: Step;
  readonly update: Step;
  readonly maintenanceWindow?: 'available' | 'unavailable';
}

/** What is known of a client by its `User-Agent`. */
interface ClientTraits {
  /** Obeys `update: skip` and `maintenanceWindow`. */
  readonly honoursSkip: boolean;
  /** Reports that it begins, before it does anything. */
  readonly reportsStart: boolean;
}

const traitsByAgent: readonly (readonly [prefix: string, traits: ClientTraits])[] = [
  ['rauc-hawkbit-c-agent/', { honoursSkip: true, reportsStart: false }],
  ['libcurl-agent/', { honoursSkip: false, reportsStart: true }],
];
const unknownClient: ClientTraits = { honoursSkip: false, reportsStart: false };

export function clientTraits(userAgent: string | undefined): ClientTraits {
  return traitsByAgent.find(([prefix]) => userAgent?.startsWith(prefix))?.[1] ?? unknownClient;
}

/**
 * How the assignment is shown to this client; undefined: it is not, neither in the root nor by its own address.
 *
 * `skip` goes to clients only that are known to obey it. SWUpdate takes it as success without installing anything,
 * Zephyr installs regardless: both give the service a wrong picture, so to everybody unknown a closed window and an
 * action that is download-only are hidden. What a device has begun stays visible when the window closes: SWUpdate
 * and Zephyr confirm after their restart only what is still offered. It has begun with its first report, where the
 * client reports that it begins; otherwise by reading the instruction.
 */
export function offerTo(userAgent: string | undefined, facts: OfferFacts): Offer | undefined {
  const { honoursSkip, reportsStart } = clientTraits(userAgent);
  const { downloadOnly, windowOpen } = facts;
  const download: Step = facts.forced || downloadOnly ? 'forced' : 'attempt';
  if (honoursSkip) {
    const update = downloadOnly || windowOpen === false ? 'skip' : download;
    return { download, update, ...windowMember(windowOpen) };
  }
  if (downloadOnly) return undefined;
  const begun = reportsStart ? facts.begun === 'reported' : facts.begun !== 'no';
  if (windowOpen === false && !begun) return undefined;
  return { download, update: download, ...windowMember(windowOpen === undefined ? undefined : true) };
}

function windowMember(open: boolean | undefined): Pick<Offer, 'maintenanceWindow'> {
  return open === undefined ? {} : { maintenanceWindow: open ? 'available' : 'unavailable' };
}
