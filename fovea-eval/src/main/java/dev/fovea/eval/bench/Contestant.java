package dev.fovea.eval.bench;

import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.TechniqueSpec;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * One technique at one budget, as they were typed.
 *
 * @param technique {@code id} or {@code id:knob=value,...}
 * @param budget {@code 64}, {@code 25%} or {@code full}
 */
public record Contestant(String technique, String budget) {
    /** The plain model, against which everything is measured. */
    public static final Contestant VANILLA = new Contestant("full", "full");

    /** Reads no knob file: results stay readable where the file is gone. */
    public Contestant {
        Budget.parse(budget);
    }

    /**
     * Every technique at every budget, the plain model first, in any case and once.
     *
     * @throws IllegalArgumentException with one sentence if a technique or a budget cannot be read
     */
    public static List<Contestant> all(List<String> techniques, List<String> budgets) {
        Set<Contestant> all = new LinkedHashSet<>();
        all.add(VANILLA);
        for (String technique : techniques) {
            if (!TechniqueSpec.parse(technique).id().equals("full")) {
                budgets.forEach(budget -> all.add(new Contestant(technique, budget)));
            }
        }
        return new ArrayList<>(all);
    }

    public String label() {
        return equals(VANILLA) ? "full model" : technique + " at " + budget;
    }
}
