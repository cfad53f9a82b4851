package dev.fovea.core.engine;

import dev.fovea.core.model.language.Beside;
import dev.fovea.core.model.language.DecoderLayer;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Station;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Adds what steps at residual stations decided to the hidden states of a packed pass, each prompt's to its own rows. */
record Steering(List<DecoderPass.Chunk> chunks) {
    /** A vector shorter than this has no direction: as in {@code torch.nn.functional.normalize}. */
    private static final double NO_LENGTH = 1e-12;

    /**
     * Rows of some neighbouring sequences.
     *
     * @param first of the sequences
     * @param rows how many of each
     * @param asked whether these are the tokens that leave the last layer alone
     * @param ends whether the last row of each is the last of its sequence in this pass
     */
    @SuppressWarnings("ArrayRecordComponent") // handed on at once; never compared
    record Part(int first, int[] rows, boolean asked, boolean ends) {

        /** All rows of all sequences. */
        static Part whole(int[] rows) {
            return new Part(0, rows, false, true);
        }

        /** The tokens that leave the last layer, of all sequences. */
        static Part asked(int[] rows) {
            return new Part(0, rows, true, true);
        }

        /** The rows of a block. */
        static Part of(RowBlock block, List<DecoderPass.Chunk> chunks) {
            if (!block.whole()) {
                boolean ends = block.start() + block.rows()
                        == chunks.get(block.sequence()).length();
                return new Part(block.sequence(), new int[] {block.rows()}, false, ends);
            }
            int[] rows = chunks.subList(block.sequence(), block.sequence() + block.sequences()).stream()
                    .mapToInt(DecoderPass.Chunk::length)
                    .toArray();
            return new Part(block.sequence(), rows, false, true);
        }
    }

    /**
     * What leaves a layer: its second half, with what is added to what its MLP adds and to the states behind it.
     *
     * @param between the states between its halves: {@code [rows, width]}
     * @param beside what is added beside its maps
     */
    Tensor leaving(int index, DecoderLayer layer, Tensor between, Beside beside, Part part) {
        Tensor branch =
                steered(new Station.Residual(index, Station.Stream.MLP), layer.mlpBranch(between, beside), part);
        return steered(new Station.Residual(index, Station.Stream.LAYER), between.add(branch), part);
    }

    private Tensor steered(Station.Residual station, Tensor x, Part part) {
        List<DecoderPass.Chunk> own = chunks.subList(part.first, part.first + part.rows.length);
        if (own.stream().allMatch(c -> c.sequence().steers(station).isEmpty())) {
            return x;
        }
        Tensor[] parts = Tensors.split(x, 0, part.rows);
        for (int c = 0; c < parts.length; c++) {
            DecoderPass.Chunk chunk = own.get(c);
            Sequence s = chunk.sequence();
            boolean askedAlone = part.asked && !chunk.whole();
            for (Decision.Steer steer : s.steers(station)) {
                if (steer.tokens() == Decision.Pushed.ALL || chunk.each() || askedAlone) {
                    parts[c] = pushed(parts[c], steer, station);
                } else if (part.ends) {
                    parts[c] = atLast(s, parts[c], steer, station);
                }
            }
        }
        return Tensors.cat(0, parts);
    }

    /** Pushes the tokens of a sequence whose successors are asked for. */
    private static Tensor atLast(Sequence s, Tensor x, Decision.Steer steer, Station.Residual station) {
        int[] learned = s.asked();
        int[] at = learned == null ? new int[] {(int) x.size(0) - 1} : learned;
        Tensor places = Tensors.indices(at);
        return x.index_copy(0, places, pushed(x.index_select(0, places), steer, station));
    }

    private static Tensor pushed(Tensor x, Decision.Steer steer, Station.Residual station) {
        if (steer.vector().length != x.size(1)) {
            throw new IllegalArgumentException("At " + station.label() + " a vector of " + steer.vector().length
                    + " numbers is to be added to hidden states of " + x.size(1)
                    + "; it was made for another model.");
        }
        Tensor h = Tensors.to(x, DType.F32);
        Tensor v = Tensors.of(steer.vector(), 1, steer.vector().length);
        return Tensors.to(pushed(h, v, steer.strength(), steer.push()), DType.of(x.scalar_type()));
    }

    /**
     * The arithmetic, in f32.
     *
     * @param h {@code [rows, width]}
     * @param v {@code [1, width]}
     */
    static Tensor pushed(Tensor h, Tensor v, double strength, Decision.Push push) {
        return switch (push) {
            case ADD -> h.add(Tensors.scale(v, strength));
            case KEEP_LENGTH -> {
                Tensor there = h.add(Tensors.scale(v, strength));
                yield there.mul(lengths(h).div(atLeast(lengths(there))));
            }
            case UNIT -> {
                Tensor from = h.div(atLeast(lengths(h)));
                Tensor to = v.div(atLeast(lengths(v)));
                Tensor away = Tensors.scale(from.mul(to).sum(new long[] {1}, true, new ScalarTypeOptional()), -1)
                        .relu();
                Tensor there = from.add(to.mul(Tensors.scale(Tensors.add(away, 1), strength)));
                yield there.mul(lengths(h).div(atLeast(lengths(there))));
            }
        };
    }

    private static Tensor lengths(Tensor rows) {
        return rows.norm(new ScalarOptional(new Scalar(2.0)), new long[] {1}, true);
    }

    private static Tensor atLeast(Tensor lengths) {
        return torch.clamp_min(lengths, new Scalar(NO_LENGTH));
    }

    /** The length of a vector, summed in f64. */
    static double length(float[] vector) {
        double sum = 0;
        for (float v : vector) {
            sum += (double) v * v;
        }
        return Math.sqrt(sum);
    }
}
