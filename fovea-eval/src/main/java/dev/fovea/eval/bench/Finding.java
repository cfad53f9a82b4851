package dev.fovea.eval.bench;

import java.util.List;

/**
 * What a contest says about a claim.
 *
 * @param findings one per pair that could be compared
 * @param unmeasured why some or all could not be, one sentence each
 */
public record Finding(Claim claim, List<One> findings, List<String> unmeasured) {
    public Finding {
        findings = List.copyOf(findings);
        unmeasured = List.copyOf(unmeasured);
    }

    /**
     * One comparison.
     *
     * @param ours who the claim is about
     * @param theirs who it is held against, and on what footing; "an even share" for places
     * @param paired the difference, ours minus theirs
     */
    public record One(String ours, String theirs, Paired paired, Verdict verdict) {}

    /** How many comparisons came out this way. */
    public long count(Verdict verdict) {
        return verdict == Verdict.NOT_MEASURED && findings.isEmpty()
                ? 1
                : findings.stream().filter(f -> f.verdict() == verdict).count();
    }
}
