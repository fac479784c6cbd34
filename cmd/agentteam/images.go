package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/agentteam/agentteam/internal/images"
)

func imagesCommand() *cobra.Command {
	var base string
	cmd := &cobra.Command{
		Use:   "images <host>/<prefix>",
		Short: "Build both services' images and push them to a registry",
		Long: `Build both services' images for linux/amd64 and linux/arm64, with an SBOM each, and push them to <host>/<prefix>/<service>.
It needs no Docker. The tag is git- and the commit; files that differ from it are part of the tag. An image that is there already is
left alone, and a tag is never moved. Credentials are those of docker login or of a credential helper in Docker's configuration.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := openProject(cmd.OutOrStdout())
			if err != nil {
				return err
			}
			o := images.Options{Root: p.root, Dir: p.imagesDir(), Tools: p.tools, Base: base, Out: p.out}
			if len(args) == 1 {
				o.Registry = args[0]
			}
			built, err := images.Publish(cmd.Context(), o)
			if err != nil {
				return err
			}
			return p.showImages(built)
		},
	}
	cmd.Flags().StringVar(&base, "base", images.Base, `image to build on, or "`+images.EmptyBase+`" for none, which needs no network`)
	return cmd
}

func (p *project) showImages(built []images.Image) error {
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	for _, image := range built {
		state := "pushed"
		if !image.Pushed {
			state = "was there already"
		}
		fmt.Fprintf(table, "\n%s: %s\n", image.Service.Name, state)
		for _, platform := range image.Platforms {
			fmt.Fprintf(table, "  %s\t%.1f MB\tSBOM %s\n", platform.Name, float64(platform.Size)/1e6, platform.SBOM)
		}
	}
	fmt.Fprintf(table, "\nimage_tag = %q\n", built[0].Tag)
	return table.Flush()
}
