package dev.fovea.core.path;

import java.util.List;

/**
 * One thing a technique does at one station: which signals it needs there and the pure function from those signals to
 * an outcome. Called once per sample (per image at encoder and connector stations), so one sample can never see
 * another.
 *
 * @param station where
 * @param needs the only signals {@code rule} may read
 * @param rule pure: the same signals give the same outcome
 */
public record Step(Station station, List<Signal<?>> needs, Rule rule) {

    public Step {
        needs = List.copyOf(needs);
    }

    /** The arithmetic of a step. */
    @FunctionalInterface
    public interface Rule {
        Outcome decide(Signals signals);
    }
}
