-- The summary of wrk as one line of JSON, so that nothing is lost to rounding. Times in microseconds, as wrk has them.
done = function(summary, latency, _)
    local errors = summary.errors
    io.write(string.format(
        'summary {"requests": %d, "bytes": %d, "microseconds": %d, "p50": %.1f, "p99": %.1f, "max": %.1f, ' ..
        '"failed": %d, "refused": %d}\n',
        summary.requests, summary.bytes, summary.duration,
        latency:percentile(50), latency:percentile(99), latency.max,
        errors.connect + errors.read + errors.write + errors.timeout, errors.status))
end
