package dev.fovea.core.technique;

import dev.fovea.core.message.Suggest;
import dev.fovea.core.shape.ModelShape;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.TreeMap;

/** The techniques that can be asked for by name: those found on the class path, or a list of one's own. Immutable. */
public final class Techniques {
    private final Map<String, Technique> byId;
    private final Planner planner;

    private Techniques(Map<String, Technique> byId, Planner planner) {
        this.byId = byId;
        this.planner = planner;
    }

    /** The same ones, planned by {@code other}. */
    public Techniques plannedBy(Planner other) {
        return new Techniques(byId, other);
    }

    /**
     * Every technique that a jar on the class path offers through {@link ServiceLoader}.
     *
     * @throws IllegalArgumentException if one of them cannot be made, for example because of a mistake on its card
     */
    public static Techniques installed() {
        try {
            return of(ServiceLoader.load(Technique.class).stream()
                    .map(ServiceLoader.Provider::get)
                    .toList());
        } catch (ServiceConfigurationError e) {
            Throwable cause = e;
            while (cause instanceof Error && cause.getCause() != null) {
                cause = cause.getCause();
            }
            throw new IllegalArgumentException(
                    "A technique on the class path cannot be used: " + cause.getMessage(), e);
        }
    }

    /**
     * Exactly these techniques.
     *
     * @throws IllegalArgumentException if two have the same id
     */
    public static Techniques of(Collection<? extends Technique> techniques) {
        Map<String, Technique> byId = new TreeMap<>();
        for (Technique technique : techniques) {
            Technique other = byId.put(technique.card().id(), technique);
            if (other != null) {
                throw new IllegalArgumentException("Two techniques are called '"
                        + technique.card().id() + "': " + other.getClass().getName() + " and "
                        + technique.getClass().getName() + "; rename one.");
            }
        }
        return new Techniques(byId, Planner.plain());
    }

    /** All of them, by id. */
    public List<Technique> all() {
        return List.copyOf(byId.values());
    }

    /** Those that have plans, by id: the others are ways to decode. */
    public List<Technique> planned() {
        return byId.values().stream().filter(Technique::plans).toList();
    }

    /**
     * The technique of this id.
     *
     * @throws IllegalArgumentException if there is none; suggests the nearest name
     */
    public Technique get(String id) {
        Technique technique = byId.get(id);
        if (technique == null) {
            throw new IllegalArgumentException("There is no technique '" + id + "'"
                    + Suggest.nearest(id, byId.keySet()) + "; the installed ones are: "
                    + (byId.isEmpty() ? "none" : String.join(", ", byId.keySet())) + ".");
        }
        return technique;
    }

    /**
     * The plan of one or more techniques together, each at this budget, for prompts of so many images. A count is for
     * the whole prompt and is divided evenly: plans are made for one image.
     *
     * @param specs as typed: {@code id} or {@code id:knob=value,...}; none gives the plain plan
     * @throws IllegalArgumentException with one sentence if a name, a knob, the budget or the combination is wrong
     */
    public Plan plan(List<String> specs, ModelShape shape, Budget budget, int images) {
        check(specs, shape, budget, images);
        Budget ofImage =
                budget instanceof Budget.Count count && images > 1 ? Budget.count(count.tokens() / images) : budget;
        List<Plan> plans = new ArrayList<>();
        for (String text : specs) {
            TechniqueSpec spec = TechniqueSpec.parse(text);
            Technique technique = get(spec.id());
            // Whatever plans it, a knob that does not fit is told before weights are looked for.
            spec.knobsOf(technique.card());
            plans.add(planner.plan(technique, spec, shape, ofImage));
        }
        return Plans.compose(plans);
    }

    /**
     * What one or more techniques together start a stream of pictures with.
     *
     * @param classes how many classes the pictures are sorted into
     * @throws IllegalArgumentException as {@link #plan}, or if more than one technique learns from the stream
     */
    public Adaptation adaptation(List<String> specs, ModelShape shape, Budget budget, int classes) {
        Adaptation only = Adaptation.none();
        for (String text : specs) {
            TechniqueSpec spec = TechniqueSpec.parse(text);
            Technique technique = get(spec.id());
            Adaptation next = technique.adaptation(shape, budget, spec.knobsOf(technique.card()), classes);
            if (next != Adaptation.none()) {
                if (only != Adaptation.none()) {
                    throw new IllegalArgumentException("Technique '" + spec.id()
                            + "' learns from the stream of pictures, and so does another one here; use one of them.");
                }
                only = next;
            }
        }
        return only;
    }

    private static void check(List<String> specs, ModelShape shape, Budget budget, int images) {
        int total = shape.visualTokens() * Math.max(1, images);
        int tokens = budget instanceof Budget.Count count ? count.tokens() : total;
        if (tokens > total) {
            throw new IllegalArgumentException("A budget of " + tokens + " is above the " + total
                    + " visual tokens of this prompt; give at most that, a percentage, or 'full'.");
        }
        if (tokens < images && total > 0) {
            throw new IllegalArgumentException("A budget of " + tokens + " cannot be divided over " + images
                    + " images; give at least one token each.");
        }
        if (specs.isEmpty() && !(budget instanceof Budget.Full)) {
            throw new IllegalArgumentException(
                    "A budget needs a technique that spends it: name one, for example 'hiprune', or use 'full'.");
        }
    }
}
