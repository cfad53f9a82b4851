package dev.fovea.core.engine;

import dev.fovea.core.model.language.Decoder;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.path.TensorRows;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The stations that fresh prompts pass in the language model: asks the steps of their plans, and does what these decide
 * to rows, positions and all else that is indexed by tokens.
 */
final class DecoderStations {
    private final Decoder decoder;
    private final List<DecoderPass.Chunk> chunks;
    private final PassPositions positions;
    private final boolean acrossWindows;

    /** @param acrossWindows whether tokens that see each other both ways do so across windows */
    DecoderStations(Decoder decoder, List<DecoderPass.Chunk> chunks, PassPositions positions, boolean acrossWindows) {
        this.decoder = decoder;
        this.chunks = chunks;
        this.positions = positions;
        this.acrossWindows = acrossWindows;
    }

    /** Before the first layer. */
    Tensor enter(Station station, Tensor states) {
        return pass(station, -1, states, null, null);
    }

    /**
     * On entering a layer.
     *
     * @param now what it projects
     * @param previous what the layer before it projected, where a step looks back at that
     */
    Tensor enter(int layer, Tensor states, DecoderProjections now, @Nullable DecoderProjections previous) {
        return pass(new Station.Decoder(layer), layer, states, now, previous);
    }

    /** Lets the steps of a station act, one step of every prompt at a time. */
    private Tensor pass(
            Station station,
            int layer,
            Tensor states,
            @Nullable DecoderProjections now,
            @Nullable DecoderProjections previous) {
        Tensor x = states;
        int most = chunks.stream()
                .mapToInt(c -> c.fresh() ? c.sequence().book().at(station).size() : 0)
                .max()
                .orElse(0);
        for (int index = 0; index < most; index++) {
            if (now != null) {
                now.positions(positions.table(layer, positions.in(layer)));
            }
            Round round = decide(station, layer, index, x, now, previous);
            Tensor before = x;
            x = round.apply(before);
            if (now != null && Arrays.stream(round.changes).anyMatch(c -> c != null)) {
                now.follow(round.lengths, round.changes, x);
                if (previous != null) {
                    previous.followBehind(round.lengths, round.changes);
                }
            }
        }
        return x;
    }

    private Round decide(
            Station station,
            int layer,
            int index,
            Tensor x,
            @Nullable DecoderProjections now,
            @Nullable DecoderProjections previous) {
        Round round = new Round(
                station, chunks.stream().mapToInt(DecoderPass.Chunk::length).toArray());
        int from = 0;
        for (int c = 0; c < chunks.size(); c++) {
            Sequence s = chunks.get(c).sequence();
            List<Step> steps = s.book().at(station);
            if (chunks.get(c).fresh() && index < steps.size() && s.visual().count() > 0) {
                DecoderSignals signals = signals(s, from, x, station, layer, now, previous);
                round.take(
                        c,
                        from,
                        s,
                        call(s, steps.get(index), index, signals::measure).decision(),
                        x.size(1));
            }
            from += round.lengths[c];
        }
        return round;
    }

    /** What the steps of all prompts decided in one round, and where their rows are. */
    private static final class Round {
        final Station station;
        final int[] lengths;
        final @Nullable RowChange[] changes;
        final @Nullable Tensor[] added;
        final int[] addedAt;
        final Decision.@Nullable Rewrite[] rewritten;

        /** @param lengths of all sequences before */
        Round(Station station, int[] lengths) {
            this.station = station;
            this.lengths = lengths;
            this.changes = new RowChange[lengths.length];
            this.added = new Tensor[lengths.length];
            this.addedAt = new int[lengths.length];
            this.rewritten = new Decision.Rewrite[lengths.length];
        }

        /** @param from the first row of the sequence */
        void take(int c, int from, Sequence s, Decision decision, long width) {
            switch (decision) {
                case Decision.Append append -> {
                    added[c] = EncoderPass.toTensor(append.tokens(), width, station);
                    addedAt[c] = from + s.insert(append.tokens().rows());
                }
                case Decision.Rewrite rewrite -> rewritten[c] = rewrite;
                case Decision.Edges edges -> s.restrict(edges.edges());
                case Decision.Gate gate -> s.gate(TensorRows.tensor(gate.gates()));
                case Decision.Unchanged ignored -> {}
                default -> changes[c] = change(s, station, decision);
            }
        }

        Tensor apply(Tensor x) {
            return inserted(RowChange.apply(rewritten(x), lengths, changes));
        }

        /** Other embeddings in the place of some of each sequence's. */
        private Tensor rewritten(Tensor x) {
            List<Tensor> rows = new ArrayList<>();
            IntStream places = IntStream.empty();
            int from = 0;
            for (int c = 0; c < lengths.length; c++) {
                Decision.Rewrite own = rewritten[c];
                if (own != null && own.at().length > 0) {
                    int base = from;
                    rows.add(Tensors.to(
                            EncoderPass.toTensor(own.tokens(), x.size(1), station), DType.of(x.scalar_type())));
                    places = IntStream.concat(places, Arrays.stream(own.at()).map(at -> base + at));
                }
                from += lengths[c];
            }
            return rows.isEmpty()
                    ? x
                    : x.index_copy(0, Tensors.indices(places.toArray()), Tensors.cat(0, rows.toArray(Tensor[]::new)));
        }

        private Tensor inserted(Tensor x) {
            List<Tensor> parts = new ArrayList<>();
            int done = 0;
            for (int c = 0; c < added.length; c++) {
                Tensor tokens = added[c];
                if (tokens != null) {
                    parts.add(x.narrow(0, done, addedAt[c] - done));
                    parts.add(Tensors.to(tokens, DType.of(x.scalar_type())));
                    done = addedAt[c];
                }
            }
            if (parts.isEmpty()) {
                return x;
            }
            parts.add(x.narrow(0, done, x.size(0) - done));
            return Tensors.cat(0, parts.toArray(Tensor[]::new));
        }
    }

    private static RowChange change(Sequence s, Station station, Decision decision) {
        RowChange change = RowChange.ofSequence(s.length(), s.visualAt(), decision);
        Decision.Positions rule = switch (decision) {
            case Decision.Keep d -> d.positions();
            case Decision.Merge d -> d.positions();
            case Decision.DropAllVisual d -> d.positions();
            default -> Decision.Positions.ORIGINAL;
        };
        // Before the first layer no position has been used yet: counted ones are always contiguous there.
        boolean contiguous = station instanceof Station.Prompt && s.axes() == 1;
        s.follow(decision, change, contiguous ? Decision.Positions.RENUMBERED : rule);
        return change;
    }

    private DecoderSignals signals(
            Sequence s,
            int from,
            Tensor x,
            Station station,
            int here,
            @Nullable DecoderProjections now,
            @Nullable DecoderProjections previous) {
        return new DecoderSignals(
                s,
                from,
                x,
                layer -> {
                    DecoderProjections found = layer == here ? now : previous;
                    if (found == null) {
                        throw new IllegalArgumentException(
                                "Layer " + layer + " cannot be looked at from " + station.label() + ".");
                    }
                    return found;
                },
                decoder.norm()::forward,
                layer -> decoder.layers().get(layer).attention(),
                acrossWindows);
    }

    /** Asks how the attention of a layer shall be. */
    void attention(int layer) {
        Station station = new Station.Attention(layer);
        for (DecoderPass.Chunk chunk : chunks) {
            Sequence s = chunk.sequence();
            List<Step> steps = s.book().at(station);
            if (!chunk.fresh() || s.visual().count() == 0) {
                continue;
            }
            for (int i = 0; i < steps.size(); i++) {
                Outcome outcome = call(s, steps.get(i), i, signal -> DecoderSignals.elsewhere(s, signal));
                switch (outcome.decision()) {
                    case Decision.Rescale rescale -> rescale(s, layer, rescale);
                    case Decision.Edges edges -> s.restrict(layer, edges.edges());
                    default -> {}
                }
            }
        }
    }

    private static void rescale(Sequence s, int layer, Decision.Rescale rescale) {
        if (!s.keeps()) {
            throw new IllegalArgumentException("Technique '" + s.book().plan().technique()
                    + "' rescales attention for the token that is being answered, of which there is none while a"
                    + " network learns; leave it out of training and use it to answer.");
        }
        s.addRescaling(layer, rescale.factors());
    }

    /** Asks what is to be added to the hidden states in a layer, also where no visual token is left. */
    void residual(int layer) {
        for (Station.Stream stream : Station.Stream.values()) {
            Station.Residual station = new Station.Residual(layer, stream);
            for (DecoderPass.Chunk chunk : chunks) {
                Sequence s = chunk.sequence();
                List<Step> steps = s.book().at(station);
                for (int i = 0; i < steps.size() && chunk.fresh() && s.shows() && !s.isBeside(); i++) {
                    Outcome outcome = call(s, steps.get(i), i, signal -> DecoderSignals.beforePrompt(s, signal));
                    if (outcome.decision() instanceof Decision.Steer steer && steer.acts()) {
                        s.steer(station, steer);
                    }
                }
            }
        }
    }

    private static Outcome call(Sequence s, Step step, int index, Function<Signal<?>, Object> source) {
        Outcome outcome = s.run().runner().run(step, s.name(), index, s.layout(), source);
        s.decided().add(new Decided(step.station(), s.visual().ids(), outcome));
        outcome.notes()
                .forEach((name, values) -> s.ofPrompt()
                        .put(new Signal.Noted(name), values, s.visual().ids()));
        outcome.textNotes().forEach(s::noteText);
        return outcome;
    }
}
