package dev.fovea.cli;

import picocli.CommandLine.IVersionProvider;

/** What {@code --version} prints. */
final class Version implements IVersionProvider {

    @Override
    public String[] getVersion() {
        return new String[] {"fovea " + number() + " (Java " + Runtime.version().feature() + ")"};
    }

    /** The version in the jar's manifest, or {@code development} when classes run from a folder. */
    static String number() {
        String version = Version.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }
}
