package dev.fovea.core.engine;

import dev.fovea.core.adapt.Addition;
import dev.fovea.core.adapt.Additions;
import dev.fovea.core.path.Branch;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Part;
import dev.fovea.core.path.Rows;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.path.TensorRows;
import dev.fovea.core.path.Wording;
import dev.fovea.core.technique.Plan;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A plan, opened at any station: which steps act there and which signals must be measured on the way. */
public final class StepBook {
    private final Plan plan;
    private final Map<Station, List<Step>> byStation = new HashMap<>();
    private final Set<Signal<?>> declared = new LinkedHashSet<>();
    private final Set<Signal.LateLogits> lateLogits = new LinkedHashSet<>();
    private final Set<Branch> companions = new LinkedHashSet<>();
    private final Set<Branch> probes = new LinkedHashSet<>();
    private final Additions additions;
    private final Additions ofEncoder;
    private final Additions ofTiles;
    private @Nullable Wording wording;

    /** What the names of the encoder's tensors begin with. */
    static final String ENCODER = "vision.";

    /** Rows behind the table of embeddings, and behind the head. */
    private static final String EMBEDDINGS = "text.embed_tokens.more";

    private static final String HEAD = "lm_head.more";

    StepBook(Plan plan) {
        this.plan = plan;
        for (Step step : plan.steps()) {
            byStation.computeIfAbsent(step.station(), s -> new ArrayList<>()).add(step);
            declared.addAll(step.needs());
        }
        for (Signal<?> signal : declared) {
            switch (signal) {
                case Signal.LateLogits late -> lateLogits.add(late);
                case Signal.BranchLogProbabilities b -> companions.add(b.branch());
                case Signal.LastStates b -> probes.add(b.branch());
                default -> {}
            }
        }
        Map<String, Addition> all = new HashMap<>();
        Map<String, Addition> tiles = new HashMap<>();
        addWeights(all, tiles);
        this.additions = new Additions(all);
        all.keySet().removeIf(name -> !name.startsWith(ENCODER));
        this.ofEncoder = new Additions(all);
        all.putAll(tiles);
        this.ofTiles = new Additions(all);
    }

    /** What the plan adds to the model's weights: asked once, before anything is known. */
    private void addWeights(Map<String, Addition> all, Map<String, Addition> tiles) {
        StepRunner runner = new StepRunner(plan.technique(), null);
        Layout nothing = new Layout(0, new int[0], new int[0], List.of(), 0);
        for (Step step : at(new Station.Weights())) {
            Outcome outcome = runner.run(step, "", 0, nothing, signal -> {
                throw new IllegalArgumentException("Technique '" + plan.technique() + "' needs " + signal + " at "
                        + step.station().label() + ", where nothing has been computed yet.");
            });
            switch (outcome.decision()) {
                case Decision.Adapt adapt -> {
                    all.putAll(adapt.additions().byName());
                    tiles.putAll(adapt.ofTiles().byName());
                }
                case Decision.Speak speak -> addWords(speak, all);
                default -> {}
            }
        }
    }

    private void addWords(Decision.Speak speak, Map<String, Addition> all) {
        all.putAll(speak.additions().byName());
        if (wording != null) {
            throw new IllegalArgumentException("Technique '" + plan.technique()
                    + "' adds words to the model's vocabulary twice; all of them are added at once.");
        }
        wording = speak.wording();
        Rows head = speak.head();
        all.put(EMBEDDINGS, new Addition.Behind(TensorRows.tensor(speak.embedding())));
        if (head != null) {
            all.put(HEAD, new Addition.Behind(TensorRows.tensor(head)));
        }
    }

    /** The words that the plan adds to the model's vocabulary, or null. */
    @Nullable
    Wording wording() {
        return wording;
    }

    /** What the plan adds to the model's weights. */
    Additions additions() {
        return additions;
    }

    /** What of it concerns the encoder when it looks at such an image. */
    Additions ofEncoder(Part part) {
        return part instanceof Part.Tile ? ofTiles : ofEncoder;
    }

    /** The book of the plain model. */
    static StepBook empty() {
        return new StepBook(Plan.plain());
    }

    Plan plan() {
        return plan;
    }

    List<Step> at(Station station) {
        return byStation.getOrDefault(station, List.of());
    }

    /** Every signal that some step declared. */
    Set<Signal<?>> declared() {
        return declared;
    }

    boolean declares(Class<? extends Signal<?>> kind) {
        return declared.stream().anyMatch(kind::isInstance);
    }

    /** What the head is to make of hidden states behind layers. */
    Set<Signal.LateLogits> lateLogits() {
        return lateLogits;
    }

    /** Branches that take the tokens of the answer. */
    Set<Branch> companions() {
        return companions;
    }

    /** Branches that are read before the prompt is, for their hidden states. */
    Set<Branch> probes() {
        return probes;
    }

    /** Signals that the attention of an encoder layer must give. */
    List<Signal<?>> ofEncoderLayer(int layer) {
        List<Signal<?>> out = new ArrayList<>();
        for (Signal<?> signal : declared) {
            boolean here = switch (signal) {
                case Signal.EncoderAttention s -> s.layer() == layer;
                case Signal.EncoderAttentionMap s -> s.layer() == layer;
                case Signal.EncoderProjection s -> s.layer() == layer;
                default -> false;
            };
            if (here) {
                out.add(signal);
            }
        }
        return out;
    }

    /** How many encoder layers must have begun for the declared signals: their projections are needed at least. */
    int encoderLayersBegun() {
        int layers = 0;
        for (Signal<?> signal : declared) {
            layers = Math.max(
                    layers,
                    switch (signal) {
                        case Signal.EncoderAttention s -> s.layer() + 1;
                        case Signal.EncoderAttentionMap s -> s.layer() + 1;
                        case Signal.EncoderProjection s -> s.layer() + 1;
                        default -> 0;
                    });
        }
        return layers;
    }

    /** How many encoder layers must be complete for the declared signals. */
    int encoderLayersComplete(int all) {
        int layers = 0;
        for (Signal<?> signal : declared) {
            layers = Math.max(
                    layers,
                    switch (signal) {
                        case Signal.EncoderHidden s -> s.layers();
                        case Signal.PatchImageEmbeddings ignored -> all;
                        default -> 0;
                    });
        }
        return layers;
    }

    /** Whether a signal of decoder layer {@code layer} is declared by a step that acts on entering {@code station}. */
    boolean decoderSignal(int station, int layer) {
        return at(new Station.Decoder(station)).stream()
                .flatMap(step -> step.needs().stream())
                .anyMatch(signal -> layer
                        == switch (signal) {
                            case Signal.DecoderAttention s -> s.layer();
                            case Signal.DecoderProjection s -> s.layer();
                            case Signal.DecoderLastProjection s -> s.layer();
                            case Signal.DecoderInstructionProjection s -> s.layer();
                            case Signal.DecoderInstructionAttention s -> s.layer();
                            case Signal.DecoderAttentionMap s -> s.layer();
                            default -> -1;
                        });
    }
}
