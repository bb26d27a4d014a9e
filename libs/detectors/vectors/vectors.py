"""Test vectors for the models, by other ways than theirs: whole histories in lists, definitions instead of recursions
where there are any. Needs Python 3.9 and its time zone database, nothing else.

    python3 vectors.py > vectors.json
"""

import json
import math
import random
import statistics
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

MINUTE, HOUR, WEEK = 60_000, 3_600_000, 604_800_000
EVERYTHING = 1e6  # clip: learn everything as it is
dice = random.Random(20)


def noise(count, mean=20.0, deviation=1.5):
    return [round(dice.gauss(mean, deviation), 3) for _ in range(count)]


def regular(values, start=1_760_000_000_000, step=MINUTE):
    return [[start + step * i, v] for i, v in enumerate(values)]


def irregular(values, start=1_760_000_000_000):
    at, out = start, []
    for v in values:
        out.append([at, v])
        at += dice.choice([0, 1_000, 45_000, MINUTE, 5 * MINUTE, 20 * MINUTE])
    return out


def weighted(values, alphas):
    """Mean and variance by explicit weights: alpha_i times all that later readings left of it."""
    weights = []
    for alpha in alphas:
        weights = [w * (1 - alpha) for w in weights] + [alpha]
    mean = sum(w * v for w, v in zip(weights, values))
    return mean, sum(w * (v - mean) ** 2 for w, v in zip(weights, values))


def ewma_z(readings, warm_up, alpha_of):
    out, values, alphas = [], [], []
    for n, (at, value) in enumerate(readings):
        if n < warm_up:
            out.append(None)
        else:
            mean, variance = weighted(values, alphas)
            out.append((value - mean) / math.sqrt(variance))
        elapsed = 0 if n == 0 else at - readings[n - 1][0]
        values.append(value)
        alphas.append(max(alpha_of(elapsed), 1 / (n + 1)))
    return out


def ewma_z_clipped(readings, warm_up, span, clip, resolution):
    out, mean, variance = [], 0.0, 0.0
    for n, (_, value) in enumerate(readings):
        alpha = max(2 / (span + 1), 1 / (n + 1))
        deviation = math.sqrt(max(variance, resolution**2 / 12))
        out.append(None if n < warm_up else (value - mean) / deviation)
        learnt = value if n < warm_up else min(mean + clip * deviation, max(mean - clip * deviation, value))
        step = learnt - mean
        mean, variance = mean + alpha * step, (1 - alpha) * (variance + alpha * step**2)
    return out


def robust(values, value):
    median = statistics.median(values)
    mad = statistics.median([abs(v - median) for v in values])
    if value == median:
        return 0.0
    if mad > 0:
        return 0.6745 * (value - median) / mad
    mean_ad = statistics.fmean([abs(v - median) for v in values])
    return (value - median) / (1.253314 * mean_ad) if mean_ad > 0 else math.copysign(1e6, value - median)


def robust_z(readings, window, warm_up):
    values = [v for _, v in readings]
    return [None if n < warm_up else robust(values[max(0, n - window) : n], v) for n, v in enumerate(values)]


def cusum(readings, warm_up, slack, threshold, clip):
    out, learnt, up, down = [], [], 0.0, 0.0
    for _, value in readings:
        if len(learnt) < warm_up:
            learnt.append(value)
            out.append(None)
            continue
        z = (value - statistics.fmean(learnt)) / statistics.pstdev(learnt)
        z = max(-clip, min(clip, z))
        up, down = max(0.0, up + z - slack), max(0.0, down - z - slack)
        out.append(up if up >= down else -down)
        if max(up, down) > threshold:
            learnt, up, down = [], 0.0, 0.0
    return out


def page_hinkley(readings, warm_up, slack, threshold):
    """The definition: the sum's distance from its minimum (up), and from its maximum (down)."""
    out, before, ups, downs = [], [], [0.0], [0.0]
    for _, value in readings:
        if len(before) < warm_up:
            before.append(value)
            out.append(None)
            continue
        z = (value - statistics.fmean(before)) / statistics.pstdev(before)
        before.append(value)
        ups.append(ups[-1] + z - slack)
        downs.append(downs[-1] + z + slack)
        up, down = ups[-1] - min(ups), max(downs) - downs[-1]
        out.append(up if up >= down else -down)
        if max(up, down) > threshold:
            before, ups, downs = [], [0.0], [0.0]
    return out


def seasonal(readings, zone, span_weeks, shrink_weeks, warm_up_weeks):
    hours = {}
    everything = []
    out = []
    for n, (at, value) in enumerate(readings):
        local = datetime.fromtimestamp(at / 1000, timezone.utc).astimezone(ZoneInfo(zone))
        own = hours.setdefault((local.weekday(), local.hour), [])

        def moments(learnt, span):
            alphas, total = [], 0.0
            for _, share in learnt:
                total += share
                alphas.append(max(1 - math.exp(-share / span), share / total))
            return (*weighted([v for v, _ in learnt], alphas), total)

        if at - readings[0][0] < warm_up_weeks * WEEK:
            out.append(None)
        else:
            mean, variance, weeks = moments(own, span_weeks) if own else (0.0, 0.0, 0.0)
            all_mean, all_variance, _ = moments(everything, span_weeks * 168)
            part = weeks / (weeks + shrink_weeks)
            mean = part * mean + (1 - part) * all_mean
            variance = part * variance + (1 - part) * all_variance
            out.append((value - mean) / math.sqrt(variance))
        share = 1.0 if n == 0 else min(1.0, (at - readings[n - 1][0]) / HOUR)
        if share > 0:
            own.append((value, share))
            everything.append((value, share))
    return out


def holt_winters(readings, interval, m, alpha, beta, gamma, violations, window, clip):
    out, recent = [], []
    first = {}
    level, trend, season, band = None, 0.0, {}, {}
    last = 0
    for at, value in readings:
        step = round((at - readings[0][0]) / interval)
        place = step % m
        if step < m:
            first[place] = value
            out.append(None)
            last = step
            continue
        if level is None:
            level = statistics.fmean(first.values())
            season = {p: first[p] - level if p in first else 0.0 for p in range(m)}
        if step >= 2 * m and last < 2 * m:
            mean = statistics.fmean(band.values())
            band = {p: (band[p] + mean) / 2 if p in band else mean for p in range(m)}
        steps = step - last
        ahead = level + steps * trend
        error = value - ahead - season[place]
        if step >= 2 * m:
            recent.append(error / band[place])
            ranked = sorted(abs(d) for d in recent[-window:])
            out.append(math.copysign(ranked[-violations], recent[-1]) if len(ranked) >= violations else None)
            learnt = max(-clip * band[place], min(clip * band[place], error))
            band[place] = gamma * abs(learnt) + (1 - gamma) * band[place]
        else:
            out.append(None)
            learnt = error
            band[place] = abs(error)
        y = ahead + season[place] + learnt
        new_level = alpha * (y - season[place]) + (1 - alpha) * ahead
        trend = beta * (new_level - level) / steps + (1 - beta) * trend
        season[place] = gamma * (y - new_level) + (1 - gamma) * season[place]
        level, last = new_level, step
    return out


def peer_group(readings, min_peers, stale_after):
    out, latest = [], {}
    for at, value, member in readings:
        others = [v for m, (when, v) in latest.items() if m != member and at - when <= stale_after]
        out.append(robust(others, value) if len(others) >= min_peers else None)
        if member is not None:
            latest[member] = (at, value)
    return out


def limit_forecast(readings, limit, sign, horizon, window, warm_up):
    """Weighted least squares over the whole history; the line at the horizon as a weighted sum of the readings."""
    out = []
    for n, (now, _) in enumerate(readings):
        if n < warm_up:
            out.append(None)
            continue
        history = readings[: n + 1]
        weights = [math.exp(-2 * (now - at) / window) for at, _ in history]
        total = sum(weights)
        times = [(at - now) / HOUR for at, _ in history]
        mean_time = sum(w * t for w, t in zip(weights, times)) / total
        spread = sum(w * (t - mean_time) ** 2 for w, t in zip(weights, times))
        mean = sum(w * v for w, (_, v) in zip(weights, history)) / total
        slope = sum(w * (t - mean_time) * (v - mean) for w, t, (_, v) in zip(weights, times, history)) / spread
        rest = sum(
            w * (v - mean - slope * (t - mean_time)) ** 2 for w, t, (_, v) in zip(weights, times, history)
        )
        effective = total**2 / sum(w * w for w in weights)
        freedom = effective - 2
        variance = rest / total * effective / freedom
        ahead = horizon / HOUR - mean_time
        parts = [w * (1 / total + ahead * (t - mean_time) / spread) for w, t in zip(weights, times)]
        student = sign * (mean + slope * ahead - limit) / math.sqrt(variance * sum(p * p for p in parts))
        scale = (8 * freedom + 1) / (8 * freedom + 3)
        out.append(math.copysign(scale * math.sqrt(freedom * math.log(1 + student**2 / freedom)), student))
    return out


class Moments:
    def __init__(self, span, clip=EVERYTHING, floor=0.0):
        self.span, self.clip, self.floor, self.values = span, clip, floor, 0
        self.mean = self.variance = 0.0

    def z(self, value, least):
        return None if self.values < least else abs(value - self.mean) / math.sqrt(max(self.variance, self.floor))

    def add(self, value):
        self.values += 1
        alpha = max(2 / (self.span + 1), 1 / self.values)
        reach = self.clip * math.sqrt(max(self.variance, self.floor))
        step = value - self.mean
        if self.values > 20:
            step = max(-reach, min(reach, step))
        self.mean += alpha * step
        self.variance = (1 - alpha) * (self.variance + alpha * step * step)


def combined(readings, p, offset):
    span, short, clip = p["span"], p["shortSpan"], p["clip"]
    level = Moments(span, clip)
    residuals = [Moments(3 * span, clip), Moments(3 * span, clip)]
    hours = {}
    near, far, distance = Moments(short), Moments(2 * span, clip), Moments(2 * span, clip)
    noise_now, noise_ever, ratio = Moments(short), Moments(span, clip), Moments(span, clip, 2 / short)

    def views(at, value):
        first = level.z(value, 20)
        level.add(value)
        local = datetime.fromtimestamp((at + offset) / 1000, timezone.utc)
        seconds = []
        for residual, kind in zip(residuals, (local.hour, (local.hour, local.isoweekday() > 5))):
            hour = hours.setdefault(kind, Moments(p["hourSpan"], clip))
            seconds.append(None)
            if hour.values >= 2:
                seconds[-1] = residual.z(value - hour.mean, 100)
                residual.add(value - hour.mean)
            hour.add(value)
        near.add(value)
        apart = near.mean - far.mean
        third = distance.z(apart, 30)
        far.add(value)
        distance.add(apart)
        noise_now.add(value)
        noise_ever.add(value)
        change = 0.0 if noise_ever.variance == 0 else math.log(noise_now.variance / noise_ever.variance + 1e-9)
        fourth = ratio.z(change, 50) if noise_ever.values > short else None
        ratio.add(change)
        return [first, *seconds, third, fourth]

    maxima = [[] for _ in range(5)]  # of each view: largest of each block that is over
    blocks = [[] for _ in range(5)]  # of each view: the block that is not

    def surprise(view, size):
        known = maxima[view]
        alphas = [max(1 / p["blocks"], 1 / (n + 1)) for n in range(len(known))]
        mean, variance = weighted(known, alphas) if known else (0.0, 0.0)
        own = len(known) / (len(known) + 3)
        mean = own * mean + (1 - own) * 1.5
        scale = max(0.1, math.sqrt(own * variance + (1 - own) * 0.09))
        blocks[view].append(size)
        if len(blocks[view]) == p["blockLength"]:
            largest = max(blocks[view])
            blocks[view] = []
            known.append(min(largest, mean + clip * scale) if len(known) > 3 else largest)
        return (size - mean) / scale

    out, bar = [], 0.0
    for n, (at, value) in enumerate(readings):
        surprises = [
            surprise(view, math.log(1 + min(1000, z))) for view, z in enumerate(views(at, value)) if z is not None
        ]
        bar *= math.exp(-1 / p["habituation"])
        beyond = max(0.0, max(surprises, default=0.0) - bar)
        bar = min(6, bar + beyond)
        out.append(beyond if n >= p["warmUp"] else None)
    return out


def vector(name, type, params, readings, deviations, **more):
    return {"name": name, "type": type, "params": params, **more, "readings": readings, "deviations": deviations}


def vectors():
    spiky = noise(60) + [29.0] + noise(20) + [12.0] + noise(20)
    series = regular(spiky)
    yield vector(
        "span, everything learnt",
        "ewma-z",
        {"span": 20, "warmUp": 10, "clip": EVERYTHING},
        series,
        ewma_z(series, 10, lambda elapsed: 2 / 21),
    )
    series = irregular(spiky)
    tau = 20 * MINUTE
    yield vector(
        "irregular times",
        "ewma-z",
        {"tauMs": tau, "warmUp": 10, "clip": EVERYTHING},
        series,
        ewma_z(series, 10, lambda elapsed: min(0.25, 1 - math.exp(-elapsed / tau))),
    )
    series = regular(noise(40) + noise(40, 60.0))
    yield vector(
        "a shift, clipped",
        "ewma-z",
        {"span": 30, "warmUp": 20, "clip": 2.5, "resolution": 0.5},
        series,
        ewma_z_clipped(series, 20, 30, 2.5, 0.5),
    )
    series = regular(spiky)
    yield vector("odd window", "robust-z", {"window": 25, "warmUp": 6}, series, robust_z(series, 25, 6))
    series = regular([dice.choice([1, 1, 1, 1, 2, 5, 9]) for _ in range(80)] + [7] * 30 + [8])
    yield vector(
        "more than half the same", "robust-z", {"window": 12, "warmUp": 5}, series, robust_z(series, 12, 5)
    )
    series = regular(noise(60) + noise(60, 21.5) + noise(60, 18.0))
    yield vector(
        "own mean, learnt again after an alarm",
        "cusum",
        {"warmUp": 30, "slack": 0.5, "threshold": 6, "clip": 2},
        series,
        cusum(series, 30, 0.5, 6, 2),
    )
    series = regular([round(v + 0.03 * max(0, n - 80), 3) for n, v in enumerate(noise(240))])
    yield vector(
        "a drift",
        "page-hinkley",
        {"warmUp": 40, "slack": 0.2, "threshold": 25, "clip": EVERYTHING},
        series,
        page_hinkley(series, 40, 0.2, 25),
    )
    # Across the end of summer time (26 October 2025), with an hour away and half-hours now and then.
    at, series = int(datetime(2025, 10, 1, tzinfo=timezone.utc).timestamp() * 1000), []
    while len(series) < 700:
        hour = (at // HOUR) % 24
        value = 10 + 3 * math.sin(hour / 24 * 2 * math.pi) + dice.gauss(0, 0.4)
        series.append([at, round(value if len(series) != 600 else 25, 3)])
        at += dice.choice([HOUR] * 18 + [HOUR // 2, 2 * HOUR])
    yield vector(
        "across the end of summer time",
        "seasonal",
        {"spanWeeks": 4, "shrinkWeeks": 2, "warmUpWeeks": 2, "clip": EVERYTHING},
        series,
        seasonal(series, "Europe/Berlin", 4, 2, 2),
        zone="Europe/Berlin",
    )
    m = 12
    values = [round(50 + 0.05 * n + 8 * math.sin(2 * math.pi * n / m) + dice.gauss(0, 0.8), 3) for n in range(120)]
    series = [
        [at + dice.randint(-9_000, 9_000) * (at > 1_760_000_000_000), v if n < 100 else v + 25]
        for n, (at, v) in enumerate(regular(values))
        if n % 17 != 5 and n not in (61, 62, 63)
    ]
    yield vector(
        "season and trend, readings that are missing, clipped",
        "holt-winters",
        {"intervalMs": MINUTE, "season": m, "alpha": 0.2, "beta": 0.05, "gamma": 0.3, "clip": 3},
        series,
        holt_winters(series, MINUTE, m, 0.2, 0.05, 0.3, 7, 9, 3),
    )
    params = {"span": 120, "shortSpan": 12, "hourSpan": 9, "blockLength": 40, "blocks": 5, "habituation": 60}
    params |= {"clip": 3, "warmUp": 60}
    series = regular(
        [
            round(
                20
                + 4 * math.sin(2 * math.pi * n / 48)
                + dice.gauss(0, 0.1 if 640 < n < 690 else 1)
                + (15 if n in (300, 305, 410) else 900 if n in (450, 720) else 8 if 500 <= n < 560 else 0),
                3,
            )
            for n in range(800)
        ],
        step=HOUR // 2,
    )
    yield vector("spikes, a shift, a stuck sensor", "combined", params, series, combined(series, params, 0))
    at, group = 1_760_000_000_000, []
    for n in range(160):
        at += dice.choice([0, 1_000, 20_000, 2 * MINUTE])
        member = dice.choice([0, 1, 2, 3, 4, 5, 6, 7, None])
        group.append([at, round(dice.gauss(20, 1) + (8 if member == 3 and n > 90 else 0), 1), member])
    yield vector(
        "eight members, silent ones, one that differs",
        "peer-group",
        {"capacity": 8, "minPeers": 4, "staleAfterMs": 5 * MINUTE},
        group,
        peer_group(group, 4, 5 * MINUTE),
    )
    values = [round(40 + 0.004 * max(0, n - 60) ** 1.5 + dice.gauss(0, 0.6), 3) for n in range(220)]
    for sign, approach in ((1, "rising"), (-1, "falling")):
        series = irregular([round(sign * v, 3) for v in values])
        yield vector(
            approach,
            "limit-forecast",
            {
                "limit": sign * 52,
                "approach": approach,
                "horizonMs": 16 * HOUR,
                "windowMs": 6 * HOUR,
                "warmUp": 15,
                "clip": EVERYTHING,
            },
            series,
            limit_forecast(series, sign * 52, sign, 16 * HOUR, 6 * HOUR, 15),
        )


print("[" + ",\n".join(json.dumps(v, separators=(",", ":")) for v in vectors()) + "]")
