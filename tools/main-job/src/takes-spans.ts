const patienceMs = 1_000;

/** Whether an OTLP receiver listens there: an empty export is as good as any. */
export async function takesSpans(endpoint: string): Promise<boolean> {
  try {
    const response = await fetch(`${endpoint}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"resourceSpans":[]}',
      signal: AbortSignal.timeout(patienceMs),
    });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
