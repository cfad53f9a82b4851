package dev.fovea.core.model.gguf;

import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * From the names that llama.cpp gives tensors to canonical ones. A name is a part and {@code .weight} or {@code .bias};
 * lists hold parts, and whole names where the ending changes too.
 *
 * @param whole what there is once
 * @param blocks what there is once in each block
 */
public record GgufNames(Map<String, String> whole, List<Blocks> blocks) {

    /**
     * Blocks of one kind.
     *
     * @param inFile what stands before their number in a file, with its dot
     * @param here what stands before it in canonical names
     * @param number from a number in the file to the canonical one, or below 0 where there is none
     * @param parts what there is in a block
     */
    public record Blocks(String inFile, String here, IntUnaryOperator number, Map<String, String> parts) {
        public Blocks {
            parts = Map.copyOf(parts);
        }

        /** Blocks whose numbers stay. */
        public static Blocks of(String inFile, String here, Map<String, String> parts) {
            return new Blocks(inFile, here, IntUnaryOperator.identity(), parts);
        }

        private @Nullable String canonical(String name) {
            Matcher block = NUMBERED.matcher(name.startsWith(inFile) ? name.substring(inFile.length()) : "");
            if (!block.matches()) {
                return null;
            }
            String own = renamed(parts, block.group(2));
            int index = number.applyAsInt(Integer.parseInt(block.group(1)));
            return own == null || index < 0 ? null : here + index + "." + own;
        }
    }

    private static final Pattern NUMBERED = Pattern.compile("(0|[1-9][0-9]{0,5})\\.(.+)");

    public GgufNames {
        whole = Map.copyOf(whole);
        blocks = List.copyOf(blocks);
    }

    /** The canonical name, or null where there is none. */
    @Nullable
    String canonical(String name) {
        String found = renamed(whole, name);
        for (Blocks of : blocks) {
            found = found == null ? of.canonical(name) : found;
        }
        return found;
    }

    private static @Nullable String renamed(Map<String, String> parts, String name) {
        String exact = parts.get(name);
        int end = name.lastIndexOf('.');
        if (exact != null || end < 0) {
            return exact;
        }
        String kind = name.substring(end);
        String part = parts.get(name.substring(0, end));
        return part == null || !(kind.equals(".weight") || kind.equals(".bias")) ? null : part + kind;
    }
}
