Console.Error.WriteLine("nothing yet"); return 0;
