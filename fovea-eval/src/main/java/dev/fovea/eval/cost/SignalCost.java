package dev.fovea.eval.cost;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Plan;
import java.util.HashSet;
import java.util.Set;

/**
 * FLOPs of what a plan asks to see beyond what the model computes anyway. The text tower of a dual encoder is not
 * counted: it reads a few dozen words, and the sizes of a model do not include its own.
 */
final class SignalCost {
    private final ModelShape shape;
    private final Load load;
    private final long encoderWidth;
    private final long queryWidth;
    private final long kvWidth;

    SignalCost(ModelShape shape, Load load) {
        this.shape = shape;
        this.load = load;
        this.encoderWidth = shape.encoderWidth();
        this.queryWidth = shape.decoderQueryWidth();
        this.kvWidth = shape.decoderKeyWidth();
    }

    long flops(Plan plan) {
        long flops = 0;
        Set<Signal<?>> seen = new HashSet<>();
        int begun = load.encoder().size();
        for (Step step : plan.steps()) {
            for (Signal<?> signal : step.needs()) {
                if (step.station() instanceof Station.Decoder at) {
                    flops += inDecoder(signal, at.layer());
                }
                if (seen.add(signal)) {
                    flops += inEncoder(signal);
                    begun = Math.max(begun, layersBegun(signal));
                }
            }
            flops += projectedForDropped(step);
        }
        long extra = (long) begun - load.encoder().size();
        return flops + extra * 6 * encoderRows(begun - 1) * encoderWidth * encoderWidth;
    }

    private static int layersBegun(Signal<?> signal) {
        return switch (signal) {
            case Signal.EncoderAttention s -> s.layer() + 1;
            case Signal.EncoderAttentionMap s -> s.layer() + 1;
            case Signal.EncoderProjection s -> s.layer() + 1;
            default -> 0;
        };
    }

    private long inEncoder(Signal<?> signal) {
        return switch (signal) {
            case Signal.EncoderAttention s -> {
                long rows = encoderRows(s.layer());
                long queries = switch (s.queries()) {
                    case CLS -> load.images();
                    case ALL -> rows;
                    case PATCHES -> rows - (shape.hasCls() ? load.images() : 0);
                };
                yield 2 * queries * encoderKeys(s.layer()) * encoderWidth;
            }
            case Signal.EncoderAttentionMap s -> {
                long rows = encoderRows(s.layer());
                yield 2 * rows * encoderKeys(s.layer()) * encoderWidth;
            }
            default -> 0L;
        };
    }

    /** Rows in an encoder layer, class tokens included; a layer that does not run sees what the last one left. */
    private long encoderRows(int layer) {
        return new EncoderSizes(shape, load.images()).rows(encoderTokens(layer));
    }

    private long encoderKeys(int layer) {
        return new EncoderSizes(shape, load.images()).keys(layer, encoderTokens(layer));
    }

    private long encoderTokens(int layer) {
        return layer < load.encoder().size()
                ? load.encoder().get(layer)
                : load.encoderMlp().isEmpty() ? 0 : load.encoderMlp().getLast();
    }

    private long inDecoder(Signal<?> signal, int at) {
        return switch (signal) {
            case Signal.DecoderAttention s -> {
                long visual = load.entering().get(at);
                long queries = switch (s.queries()) {
                    case LAST -> 1;
                    case INSTRUCTION -> load.text();
                    case VISUAL -> visual;
                };
                long keys = s.keys() == Signal.KeyScope.VISUAL ? visual : visual + load.text();
                yield 2 * queries * keys * queryWidth + lastQuery(s, at);
            }
            case Signal.DecoderInstructionAttention ignored -> {
                long visual = load.entering().get(at);
                yield 2 * (long) load.text() * (visual + load.text()) * queryWidth;
            }
            case Signal.DecoderAttentionMap ignored -> {
                long length = load.entering().get(at) + (long) load.text();
                yield 2 * length * length * queryWidth;
            }
            case Signal.DecoderLastProjection s ->
                s.projection() == Signal.Projection.QUERY && s.layer() == at
                        ? 2 * (long) shape.decoderWidth() * queryWidth
                        : 0L;
            default -> 0L;
        };
    }

    /** The query of the last token is projected alone, and again with all others when its layer runs. */
    private long lastQuery(Signal.DecoderAttention s, int at) {
        boolean again = s.queries() == Signal.DecoderQueries.LAST && s.layer() == at;
        return again ? 2 * (long) shape.decoderWidth() * queryWidth : 0;
    }

    /**
     * Projections at a station that the layer cannot use: those of dropped tokens, and after a {@link Decision.Merge} all.
     */
    private long projectedForDropped(Step step) {
        if (!(step.station() instanceof Station.Decoder decoder)) {
            return 0;
        }
        int at = decoder.layer();
        long wasted = load.merging().contains(at)
                ? load.entering().get(at) + load.text()
                : load.entering().get(at) - load.decoder().get(at);
        boolean keys = false;
        boolean queries = false;
        boolean values = false;
        for (Signal<?> signal : step.needs()) {
            switch (signal) {
                case Signal.DecoderAttention s -> {
                    keys |= s.layer() == at;
                    queries |= s.layer() == at && s.queries() != Signal.DecoderQueries.LAST;
                }
                case Signal.DecoderInstructionAttention s -> {
                    keys |= s.layer() == at;
                    queries |= s.layer() == at;
                }
                case Signal.DecoderAttentionMap s -> {
                    keys |= s.layer() == at;
                    queries |= s.layer() == at;
                }
                case Signal.DecoderProjection s -> {
                    keys |= s.layer() == at && s.projection() == Signal.Projection.KEY;
                    queries |= s.layer() == at && s.projection() == Signal.Projection.QUERY;
                    values |= s.layer() == at && s.projection() == Signal.Projection.VALUE;
                }
                default -> {}
            }
        }
        long columns = (keys ? kvWidth : 0) + (values ? kvWidth : 0) + (queries ? queryWidth : 0);
        return 2 * wasted * shape.decoderWidth() * columns;
    }
}
