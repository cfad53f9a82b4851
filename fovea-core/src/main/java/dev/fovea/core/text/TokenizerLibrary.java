package dev.fovea.core.text;

import ai.djl.huggingface.tokenizers.jni.LibUtils;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * Loads the native tokenizers library.
 *
 * <p>DJL's own loader looks for GPUs through another native library and may turn to the network; that takes longer than
 * all the rest of opening a tokenizer. Where the library lies in the jar it is unpacked and loaded here directly, into
 * the folder that DJL uses too; anywhere else DJL's loader does it, told to stay offline.
 */
final class TokenizerLibrary {
    private static final boolean LOADED = load();

    private TokenizerLibrary() {}

    /** The functions of the library, loaded. */
    static TokenizersLibrary get() {
        if (!LOADED) {
            throw new IllegalStateException("the tokenizers library is not loaded");
        }
        return TokenizersLibrary.LIB;
    }

    @SuppressWarnings("restricted") // the native library is what this class is for
    private static boolean load() {
        Path file = sameLoader() ? unpacked() : null;
        if (file != null) {
            System.load(file.toString());
            return true;
        }
        setUnlessChosen("RUST_FLAVOR", "cpu");
        setUnlessChosen("ai.djl.offline", "true");
        LibUtils.checkStatus();
        return true;
    }

    /** A native library serves the classes of the loader whose class loads it. */
    @SuppressWarnings("ReferenceEquality") // loaders are the same or they are not
    private static boolean sameLoader() {
        return TokenizersLibrary.class.getClassLoader() == TokenizerLibrary.class.getClassLoader();
    }

    private static void setUnlessChosen(String property, String value) {
        if (System.getenv(property) == null && System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }

    /** The library as a file of its own, or null where this machine is not one of the plain cases. */
    private static @Nullable Path unpacked() {
        String platform = platform();
        if (platform == null || chosenElsewhere()) {
            return null;
        }
        String name = platform.startsWith("osx") ? "libtokenizers.dylib" : "libtokenizers.so";
        URL packed = TokenizersLibrary.class.getResource("/native/lib/" + platform + "/cpu/" + name);
        if (packed == null) {
            return null;
        }
        try {
            Path file = folder(platform).resolve(name);
            if (!Files.isRegularFile(file)
                    || Files.size(file) != packed.openConnection().getContentLengthLong()) {
                unpack(packed, file);
            }
            return file;
        } catch (IOException e) {
            // A home that cannot be written to; DJL's loader reports what is wrong with it.
            return null;
        }
    }

    private static boolean chosenElsewhere() {
        return System.getenv("RUST_LIBRARY_PATH") != null
                || System.getProperty("RUST_LIBRARY_PATH") != null
                || System.getenv("RUST_FLAVOR") != null
                || System.getProperty("RUST_FLAVOR") != null;
    }

    private static @Nullable String platform() {
        String os = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
        String processor =
                System.getProperty("os.arch", "").equals("amd64") ? "x86_64" : System.getProperty("os.arch", "");
        if (os.startsWith("linux")) {
            return "linux-" + processor;
        }
        return os.startsWith("mac") ? "osx-" + processor : null;
    }

    private static Path folder(String platform) throws IOException {
        Properties properties = new Properties();
        try (InputStream in = TokenizersLibrary.class.getResourceAsStream("/native/lib/tokenizers.properties")) {
            properties.load(in == null ? InputStream.nullInputStream() : in);
        }
        String chosen = System.getenv("DJL_CACHE_DIR");
        Path cache = chosen == null ? Path.of(System.getProperty("user.home", "."), ".djl.ai") : Path.of(chosen);
        return cache.resolve("tokenizers")
                .resolve(properties.getProperty("version", "unknown") + "-cpu-" + platform)
                .toAbsolutePath();
    }

    /** Beside first, then into place: another process may load the file at any moment. */
    private static void unpack(URL packed, Path file) throws IOException {
        Files.createDirectories(file.getParent());
        Path part = Files.createTempFile(file.getParent(), "tokenizers", ".part");
        try (InputStream in = packed.openStream()) {
            Files.copy(in, part, StandardCopyOption.REPLACE_EXISTING);
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(part);
        }
    }
}
