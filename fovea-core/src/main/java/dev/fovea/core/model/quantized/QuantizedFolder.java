package dev.fovea.core.model.quantized;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.file.OutputFolder;
import dev.fovea.core.model.ModelConfig;
import dev.fovea.core.model.Rename;
import dev.fovea.core.model.family.Families;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.core.weights.CheckpointException;
import dev.fovea.core.weights.SafeTensorsWriter;
import dev.fovea.core.weights.TensorInfo;
import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Tensor;

/**
 * Writes a checkpoint once more, with the linear maps of its language model's layers in few bits. Everything else in its
 * folder comes along. The folder appears as a whole or not at all.
 */
public final class QuantizedFolder {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Bytes of one file of weights, and so of what is held at once. */
    private static final long SHARD = 1L << 30;

    /** The other forms in which a folder may hold the same weights. */
    private static final Pattern WEIGHTS = Pattern.compile(
            ".*\\.(safetensors|safetensors\\.index\\.json|bin|bin\\.index\\.json|pt|pth|gguf|h5|msgpack|onnx)");

    /** Folders in folders: techniques lie two down. */
    private static final int DEPTH = 4;

    private static final Set<String> OTHER_FOLDERS = Set.of("original", ".git", ".cache", "onnx");

    private final Path from;
    private final Quantization quantization;
    private final Progress progress;
    private final ModelConfig config;
    private final List<Rename> renames;

    /** Told how far it is. */
    @FunctionalInterface
    public interface Progress {
        /** Bytes of weights that have been read; false to give up. */
        boolean at(long done);
    }

    private QuantizedFolder(Path from, Quantization quantization, Progress progress) {
        this.from = from;
        this.quantization = quantization;
        this.progress = progress;
        this.config = ModelConfig.read(from.resolve("config.json"));
        this.renames = Families.of(config).description().renames();
    }

    /**
     * Writes a folder.
     *
     * @param from a checkpoint in Hugging Face's layout, its weights numbers
     * @param to a folder that is not there yet
     * @return the bytes of the weights written, or -1 if told to give up
     * @throws CheckpointException with one sentence if {@code from} cannot be read or has been quantised already
     * @throws IOException if {@code to} cannot be written
     */
    public static long write(Path from, Path to, Quantization quantization, Progress progress) throws IOException {
        QuantizedFolder work = new QuantizedFolder(from, quantization, progress);
        Quantization before = QuantizationConfig.read(work.config);
        if (before != null) {
            throw new CheckpointException(from + " holds weights in few bits already (" + before
                    + "); give the checkpoint that it was made from");
        }
        return OutputFolder.write(to, work::fill);
    }

    private long fill(Path to) throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(from)) {
            List<List<Piece>> shards = shards(pieces(checkpoint));
            long bytes = shards.stream()
                    .flatMap(List::stream)
                    .mapToLong(Piece::written)
                    .sum();
            long free = Files.getFileStore(to).getUsableSpace();
            if (free < bytes) {
                throw new IOException("its weights take " + bytes + " bytes, and the disk has " + free + " left");
            }
            copyTheRest(to);
            describe(to);
            return weights(checkpoint, shards, to) ? bytes : -1;
        }
    }

    /**
     * A tensor of the checkpoint.
     *
     * @param quantized whether it is written in few bits
     * @param written bytes, scales included
     */
    private record Piece(TensorInfo info, boolean quantized, long written) {}

    private List<Piece> pieces(Checkpoint checkpoint) {
        List<Piece> pieces = new ArrayList<>();
        for (String name : checkpoint.names()) {
            TensorInfo info = checkpoint.info(name);
            boolean quantized = QuantizedWeights.covers(Rename.all(renames, name))
                    && info.shape().size() == 2
                    && name.endsWith(Stored.WEIGHT);
            pieces.add(new Piece(info, quantized, quantized ? Codes.bytes(name, info, quantization) : info.byteSize()));
        }
        if (pieces.stream().noneMatch(Piece::quantized)) {
            throw new CheckpointException(
                    from + " holds no linear maps of a language model's layers; is it a vision-language model?");
        }
        return pieces;
    }

    private static List<List<Piece>> shards(List<Piece> pieces) {
        List<List<Piece>> shards = new ArrayList<>(List.of(new ArrayList<>()));
        long held = 0;
        for (Piece piece : pieces) {
            if (held > 0 && held + piece.written > SHARD) {
                shards.add(new ArrayList<>());
                held = 0;
            }
            shards.getLast().add(piece);
            held += piece.written;
        }
        return shards;
    }

    /** @return false if told to give up */
    private boolean weights(Checkpoint checkpoint, List<List<Piece>> shards, Path to) throws IOException {
        ObjectNode index = JSON.createObjectNode();
        ObjectNode places = index.putObject("weight_map");
        long done = 0;
        for (int i = 0; i < shards.size(); i++) {
            String file = shards.size() == 1
                    ? "model.safetensors"
                    : String.format(Locale.ROOT, "model-%05d-of-%05d.safetensors", i + 1, shards.size());
            try (Scope ignored = Scope.inference()) {
                Map<String, Tensor> tensors = new LinkedHashMap<>();
                for (Piece piece : shards.get(i)) {
                    tensors.putAll(tensors(checkpoint, piece));
                    done += piece.info.byteSize();
                    if (!progress.at(done)) {
                        return false;
                    }
                }
                SafeTensorsWriter.writeInto(to.resolve(file), tensors, Map.of("format", "pt"));
                tensors.keySet().forEach(name -> places.put(name, file));
                shards.get(i).forEach(piece -> checkpoint.forget(piece.info.name()));
            }
        }
        if (shards.size() > 1) {
            write(to.resolve("model.safetensors.index.json"), index);
        }
        return true;
    }

    private Map<String, Tensor> tensors(Checkpoint checkpoint, Piece piece) {
        String name = piece.info.name();
        if (!piece.quantized) {
            return Map.of(name, checkpoint.tensor(name));
        }
        Map<String, Tensor> codes = Codes.of(name, checkpoint.tensor(name), quantization);
        checkpoint.forget(name);
        return codes;
    }

    private void describe(Path to) throws IOException {
        ObjectNode described = config.node().deepCopy();
        described.set(QuantizationConfig.KEY, QuantizationConfig.write(quantization));
        write(to.resolve("config.json"), described);
    }

    private static void write(Path file, ObjectNode node) throws IOException {
        Files.writeString(file, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(node) + "\n");
    }

    /** All files but the weights; those of folders inside, as trained techniques, with their weights. */
    private void copyTheRest(Path to) throws IOException {
        Files.walkFileTree(from, Set.of(FileVisitOption.FOLLOW_LINKS), DEPTH, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) throws IOException {
                if (OTHER_FOLDERS.contains(String.valueOf(folder.getFileName()))) {
                    return FileVisitResult.SKIP_SUBTREE;
                }
                Files.createDirectories(to.resolve(from.relativize(folder).toString()));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                boolean above = from.equals(file.getParent());
                if (attributes.isRegularFile()
                        && !(above
                                && WEIGHTS.matcher(file.getFileName().toString())
                                        .matches())) {
                    Files.copy(file, to.resolve(from.relativize(file).toString()));
                }
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
